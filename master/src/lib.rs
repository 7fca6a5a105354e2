//! The program `lote`: a command line and a terminal around the engine and the server.

pub mod cli;
mod exit;
#[cfg(feature = "fleet")]
mod fleet;
#[cfg(not(feature = "fleet"))]
#[path = "without_fleet.rs"]
mod fleet;
mod fleet_args;
mod interrupt;
#[cfg(feature = "s3")]
mod s3;
#[cfg(not(feature = "s3"))]
#[path = "without_s3.rs"]
mod s3;
mod terminal;
mod ui;

pub use exit::Exit;
