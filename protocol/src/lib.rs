//! What the master and its workers say to each other, and the vocabulary that both need for it.
//!
//! This crate knows no pixels, no process and no policy: it holds the types of the messages,
//! their framing, the local socket they travel over, and the form in which filters are described
//! and called. `master` and `worker` both depend on it; it depends on neither.

pub mod carry;
pub mod descriptors;
pub mod digest;
pub mod encoding;
pub mod endpoint;
pub mod filter;
pub mod format;
pub mod frame;
pub mod lang;
pub mod message;
pub mod outcome;
pub mod sandbox;
pub mod task;
pub mod temporary;
pub mod time;
pub mod transport;
pub mod version;
