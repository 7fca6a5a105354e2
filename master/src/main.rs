//! The `lote` program.

fn main() {}
