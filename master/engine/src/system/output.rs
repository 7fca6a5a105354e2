//! Standard output, where it was closed from the start (`>&-`). What Rust's library does about that hides it: it opens
//! `/dev/null` in its place before `main`, so that whatever is written seems to have been.
#![cfg_attr(target_os = "linux", allow(unsafe_code))]

use std::io;

/// Standard output.
///
/// # Errors
///
/// `EBADF` if the program was started without one, as far as the system tells.
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

    pub(super) static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        IS_CLOSED.store(is_closed, Ordering::Relaxed);
    }

    // What the section names is called before Rust's library begins. `look` does one system call, and needs nothing of it.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;
}
