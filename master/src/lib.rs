//! The program `lote`: a command line and a terminal around the engine and the server.

pub mod cli;
mod terminal;
