//! `lote serve` as a whole: requests over TCP to a running server, as browsers and attackers send
//! them.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

#[path = "serve/assets.rs"]
mod assets;
#[path = "serve/attacks.rs"]
mod attacks;
#[path = "serve/client.rs"]
mod client;
#[path = "serve/commands.rs"]
mod commands;
#[path = "serve/convert.rs"]
mod convert;
#[path = "serve/disks.rs"]
mod disks;
#[path = "serve/downloads.rs"]
mod downloads;
#[path = "serve/images.rs"]
mod images;
#[path = "serve/limits.rs"]
mod limits;
#[path = "serve/measures.rs"]
mod measures;
#[path = "serve/page.rs"]
mod page;
#[path = "serve/paths.rs"]
mod paths;
#[path = "support/patience.rs"]
mod patience;
#[allow(dead_code, reason = "other tests need the rest")]
#[path = "support/pictures.rs"]
mod pictures;
#[path = "serve/requests.rs"]
mod requests;
#[path = "serve/restart.rs"]
mod restart;
#[allow(dead_code, reason = "other tests need the rest")]
#[path = "support/small_disk.rs"]
mod small_disk;
#[path = "serve/sockets.rs"]
mod sockets;
#[path = "serve/stream.rs"]
mod stream;
#[path = "serve/token.rs"]
mod token;
#[path = "serve/uploads.rs"]
mod uploads;
#[path = "serve/watches.rs"]
mod watches;
