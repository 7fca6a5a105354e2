//! The server of the web page: what pages see, ask for and get.

pub mod fleet;
pub mod images;
pub mod jobs;
pub mod kept;
pub mod live;
mod main_thread;
pub mod preview;
pub mod redact;
mod said;
pub mod watches;
pub mod web;

pub use main_thread::main_thread;
