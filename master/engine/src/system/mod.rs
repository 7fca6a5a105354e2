//! What the operating system tells and does, with a word for each and an answer on every system:
//! where it tells nothing, that is `None`.

mod disk;
pub mod files;
mod memory;
mod output;
mod process;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use crate::lang::Lang;

pub use disk::{free_bytes, lock, waiting};
pub use memory::{free_memory, peak_memory, resident_memory, total_memory};
pub use output::standard_output;
pub(crate) use process::{
    Look, abort, allow_many_files, hide_memory, is_alive, kill_group, look, open_to_writers,
    out_of_memory_kills, thread_time,
};

/// How many threads the machine runs at the same time, as far as the system tells; at least 1.
pub fn cores() -> u32 {
    thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}

/// What is missing here that Lote can do without, in one line.
pub fn shortcomings(lang: Lang) -> Option<&'static str> {
    let is_missing = cfg!(target_os = "linux") && !Path::new("/proc/self/stat").exists();
    is_missing.then(|| {
        lang.pick(
            "/proc is not there: memory is not measured, and a worker that stands still is noticed \
             by its deadline only",
            "no hay /proc: no se mide la memoria, y un proceso parado solo se nota por su plazo",
        )
    })
}

/// The running program, also when its file has been replaced or deleted since it was started.
#[cfg(target_os = "linux")]
pub(crate) fn own_program() -> io::Result<PathBuf> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() {
        return Ok(link);
    }
    // Without `/proc`, what the kernel says that it has started.
    let path = rustix::param::linux_execfn().to_bytes();
    std::path::absolute(OsStr::from_bytes(path))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}
