//! The program `lote`: a command line and a terminal around the engine and the server.

pub mod cli;
#[cfg(feature = "fleet")]
mod fleet;
#[cfg(not(feature = "fleet"))]
#[path = "without_fleet.rs"]
mod fleet;
mod terminal;
