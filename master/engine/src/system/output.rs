//! Standard output, where it was closed from the start (`>&-`) or cannot be written to (`1<file`). What Rust's library does about
//! that hides it: before `main` it opens `/dev/null` in place of what is closed, and it passes over `EBADF`, so that whatever is
//! written seems to have been.
#![cfg_attr(target_os = "linux", allow(unsafe_code))]

use std::io;

/// Standard output.
///
/// # Errors
///
/// `EBADF` if the program was started without one that can be written to, as far as the system tells.
pub fn standard_output() -> io::Result<io::Stdout> {
    #[cfg(target_os = "linux")]
    if at_start::IS_CLOSED.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(rustix::io::Errno::BADF.into());
    }
    Ok(io::stdout())
}

#[cfg(target_os = "linux")]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fs::OFlags;

    pub(super) static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        let flags = rustix::fs::fcntl_getfl(rustix::stdio::stdout());
        let is_closed = flags.map_or(true, |flags| flags & OFlags::RWMODE == OFlags::RDONLY);
        IS_CLOSED.store(is_closed, Ordering::Relaxed);
    }

    // What the section names is called before Rust's library begins. `look` does one system call, and needs nothing of it.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;
}
