//! What a worker might try if an image had taken it over: each attempt by its name.
//!
//! An attempt tells whether it was allowed. It is made with system calls that no safe wrapper
//! offers, since nobody else has a use for them.

#![allow(unsafe_code, reason = "attacks are what is made here")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::{null, null_mut};
use std::time::SystemTime;

use libc::{EACCES, EFBIG, EMFILE, ENOMEM, ENOSYS, EPERM, EXDEV};
use lote_protocol::task::Files;
use rustix::fs::{CWD, FileType, Mode, OFlags, XattrFlags};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal};

/// What a worker has. Where the files of the run are it is told by `LOTE_TEST_PLACE`, as whoever has
/// taken it over may have guessed it.
pub(crate) struct Place<'a> {
    /// The socket of its master.
    pub(crate) socket: PathBuf,
    /// What came with its task.
    pub(crate) files: &'a Files,
}

impl Place<'_> {
    /// The image that it has been given.
    fn given(&self) -> io::Result<&File> {
        self.files.input.as_ref().map_err(|failure| io::Error::other(failure.message.clone()))
    }

    /// The file that its output goes to.
    fn own(&self) -> io::Result<&File> {
        let file = self.files.outputs[0].as_ref();
        file.map_err(|failure| io::Error::other(failure.message.clone()))
    }
}

/// Makes an attempt; tells in one line how it ended: `allowed`, or `refused` and why.
pub(crate) fn attempt(name: &str, place: &Place<'_>) -> String {
    match escape(name, place) {
        Ok(()) => "allowed".to_owned(),
        Err(error) => match error.raw_os_error() {
            None | Some(EPERM | EACCES | ENOSYS | EXDEV | EFBIG | EMFILE | ENOMEM) => {
                format!("refused: {error}")
            }
            // The kernel has looked at it, and only did not like the arguments.
            Some(_) => format!("allowed, but for: {error}"),
        },
    }
}

#[allow(clippy::too_many_lines, reason = "a list, one attempt after another")]
fn escape(name: &str, place: &Place<'_>) -> io::Result<()> {
    let root = PathBuf::from(std::env::var_os("LOTE_TEST_PLACE").unwrap_or_default());
    let (inside, outside) = (&root.join("in"), &root.join("out/grises"));
    let input = &inside.join(format!("escape-{name}.png"));
    match name {
        // The inputs.
        "write-input" => File::options().write(true).open(input).map(drop),
        "delete-input" => fs::remove_file(input),
        "truncate-input" => done(unsafe { libc::truncate(text(input).as_ptr(), 0) }),
        "open-and-truncate-input" => {
            Ok(rustix::fs::open(input, OFlags::RDONLY | OFlags::TRUNC, Mode::empty()).map(drop)?)
        }
        "move-output-over-input" => {
            let mine = outside.join("mine");
            File::create_new(&mine)?;
            fs::rename(mine, input)
        }
        "move-input-away" => fs::rename(input, outside.join("theirs")),
        "link-input" => fs::hard_link(input, outside.join("linked")),
        "chmod-input" => fs::set_permissions(input, fs::Permissions::from_mode(0o777)),
        "date-input" => File::open(input)?.set_modified(SystemTime::UNIX_EPOCH),
        "attribute-input" => {
            Ok(rustix::fs::setxattr(input, "user.lote", b"1", XattrFlags::empty())?)
        }
        // What others read and write.
        "read-other-input" => fs::read(inside.join("other.png")).map(drop),
        "replace-other-output" => fs::write(outside.join("other_grises.png"), "mine"),
        "cut-other-output" => {
            File::options().write(true).open(outside.join("other_grises.png"))?.set_len(0)
        }
        "delete-other-output" => fs::remove_file(outside.join("other_grises.png")),
        "name-own-output" => {
            let own = format!("/proc/self/fd/{}", place.own()?.as_raw_fd());
            let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
            Ok(rustix::fs::linkat(CWD, own, CWD, outside.join("named"), flags)?)
        }
        // What came with the task.
        "write-given-input" => {
            let written = place.given()?.write_at(b"x", 0).map(drop);
            written.map_err(|error| match error.raw_os_error() {
                Some(libc::EBADF) => io::Error::other("it was opened to be read"),
                _ => error,
            })
        }
        "open-given-input-again" => {
            let given = format!("/proc/self/fd/{}", place.given()?.as_raw_fd());
            File::options().write(true).open(given).map(drop)
        }
        "date-given-input" => place.given()?.set_modified(SystemTime::UNIX_EPOCH),
        "grow-own-output" => place.own()?.set_len(1 << 20),
        "make-own-output-a-program" => {
            place.own()?.set_permissions(fs::Permissions::from_mode(0o4755))
        }
        "more-than-an-output" => {
            let mebibyte = vec![1; 1 << 20];
            (0..128).try_for_each(|_| place.own()?.write_all(&mebibyte))
        }
        // Other files.
        "make-beside-input" => File::create_new(inside.join("new")).map(drop),
        "make-above-output" => File::create_new(folder(outside).join("new")).map(drop),
        "make-in-tmp" => File::create_new(std::env::temp_dir().join("new")).map(drop),
        "mkdir-elsewhere" => fs::create_dir(inside.join("folder")),
        "mkdir-in-output" => fs::create_dir(outside.join("folder")),
        "symlink" => std::os::unix::fs::symlink("/etc/passwd", outside.join("symlink")),
        "fifo" => {
            let path = outside.join("fifo");
            Ok(rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::from(0o600), 0)?)
        }
        "read-beside-input" => fs::read(inside.join("secret.txt")).map(drop),
        "list-inputs" => fs::read_dir(inside).map(drop),
        "read-home" => fs::read(home().join("diary.txt")).map(drop),
        "read-passwd" => fs::read("/etc/passwd").map(drop),
        "read-environment-of-init" => fs::read("/proc/1/environ").map(drop),
        "read-environment-of-master" => fs::read(format!("/proc/{}/environ", master())).map(drop),
        "read-own-environment" => fs::read("/proc/self/environ").map(drop),
        "open-by-handle" => {
            done(unsafe { libc::syscall(libc::SYS_open_by_handle_at, -1, null::<u8>(), 0) })
        }
        // Connections.
        "tcp" => TcpStream::connect(format!("127.0.0.1:{}", port())).map(drop),
        "udp" => UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", ("127.0.0.1", 9)).map(drop),
        "unix-socket" => UnixStream::connect(&place.socket).map(drop),
        // Programs and processes.
        "exec" => Err(Command::new("/bin/true").exec()),
        "spawn" => Command::new("/bin/true").status().map(drop),
        "fork" => {
            let child = unsafe { libc::fork() };
            if child == 0 {
                unsafe { libc::_exit(0) }
            }
            done(child)?;
            done(unsafe { libc::waitpid(child, null_mut(), 0) })
        }
        "program-in-memory" => {
            Ok(rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).map(drop)?)
        }
        "ptrace-master" => {
            const SEIZE: i32 = 0x4206;
            done(unsafe { libc::syscall(libc::SYS_ptrace, SEIZE, master(), 0, 0) })
        }
        "read-memory-of-master" => {
            let call = libc::SYS_process_vm_readv;
            done(unsafe { libc::syscall(call, master(), null::<u8>(), 0, null::<u8>(), 0, 0) })
        }
        // Nothing comes of this signal, but whoever may send it may send others.
        "kill-master" => Ok(rustix::process::kill_process(master_pid()?, Signal::CONT)?),
        "kill-thread-of-master" => {
            done(unsafe { libc::syscall(libc::SYS_tkill, master(), libc::SIGCONT) })
        }
        "kill-master-by-descriptor" => {
            let master = rustix::process::pidfd_open(master_pid()?, PidfdFlags::empty())?;
            Ok(rustix::process::pidfd_send_signal(master, Signal::CONT)?)
        }
        "have-files-signal-master" => {
            let pipe = io::stderr();
            done(unsafe { libc::fcntl(pipe.as_fd().as_raw_fd(), libc::F_SETOWN, master()) })
        }
        "outlive-master" => Ok(rustix::process::set_parent_process_death_signal(None)?),
        // The kernel.
        "unshare" => done(unsafe { libc::unshare(libc::CLONE_NEWUSER) }),
        "namespace-by-clone" => {
            let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
            let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
            if child == 0 {
                unsafe { libc::_exit(0) }
            }
            done(child)
        }
        "chroot" => std::os::unix::fs::chroot("/nowhere"),
        "mount" => {
            let none = c"none".as_ptr();
            done(unsafe { libc::mount(none, text(inside).as_ptr(), none, 0, null()) })
        }
        "io-uring" => {
            let mut parameters = [0_u8; 120];
            done(unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) })
        }
        "bpf" => done(unsafe { libc::syscall(libc::SYS_bpf, 0, null::<u8>(), 0) }),
        "userfaultfd" => done(unsafe { libc::syscall(libc::SYS_userfaultfd, 1) }),
        "keyring" => done(unsafe { libc::syscall(libc::SYS_keyctl, 0, -3, 1, 0, 0) }),
        "unknown-call" => done(unsafe { libc::syscall(5000) }),
        "memory-file-of-master" => File::open(format!("/proc/{}/mem", master())).map(drop),
        // Memory and other means.
        "set-user-id" => {
            let (path, flags) = (outside.join("program"), OFlags::CREATE | OFlags::WRONLY);
            Ok(rustix::fs::open(path, flags, Mode::from(0o4755)).map(drop)?)
        }
        "unnamed-program" => {
            let flags = OFlags::TMPFILE | OFlags::WRONLY;
            Ok(rustix::fs::open(outside, flags, Mode::from(0o755)).map(drop)?)
        }
        "room-on-the-disk" => {
            let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
            Ok(rustix::fs::fallocate(place.own()?, flags, 0, 1 << 20)?)
        }
        "shared-memory" => {
            let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
            let page = unsafe { libc::mmap(null_mut(), PAGE, libc::PROT_READ, flags, -1, 0) };
            if page == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
        }
        "executable-memory" => map(libc::PROT_READ | libc::PROT_EXEC).map(drop),
        "memory-made-executable" => {
            let page = map(libc::PROT_READ | libc::PROT_WRITE)?;
            done(unsafe { libc::mprotect(page, PAGE, libc::PROT_READ | libc::PROT_EXEC) })
        }
        "too-much-memory" => {
            let mut bytes = Vec::<u8>::new();
            bytes.try_reserve_exact(1 << 30).map_err(io::Error::other)?;
            bytes.resize(1 << 30, 1);
            Ok(())
        }
        "raise-memory-limit" => raise(Resource::Data),
        "raise-file-limit" => raise(Resource::Nofile),
        "too-many-files" => {
            let files: io::Result<Vec<_>> =
                (0..600).map(|_| io::stderr().as_fd().try_clone_to_owned()).collect();
            files.map(drop)
        }
        "too-large-file" => place.own()?.write_at(b"x", 1 << 30).map(drop),
        _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

const PAGE: usize = 4096;

fn map(protection: i32) -> io::Result<*mut libc::c_void> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let page = unsafe { libc::mmap(null_mut(), PAGE, protection, flags, -1, 0) };
    if page == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(page) }
}

/// Raises a limit to what it may be raised to, or as root beyond it.
fn raise(resource: Resource) -> io::Result<()> {
    let before = rustix::process::getrlimit(resource);
    let maximum = before.maximum.map(|maximum| maximum + 1);
    let higher = Rlimit { current: maximum, maximum };
    rustix::process::setrlimit(resource, higher)?;
    Ok(())
}

fn done(result: impl Into<i64>) -> io::Result<()> {
    if result.into() == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn text(path: &Path) -> std::ffi::CString {
    std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap_or_default()
}

fn home() -> PathBuf {
    std::env::var_os("HOME").unwrap_or_default().into()
}

fn port() -> String {
    std::env::var("LOTE_TEST_PORT").unwrap_or_default()
}

fn master() -> i32 {
    std::os::unix::process::parent_id() as i32
}

fn master_pid() -> io::Result<Pid> {
    Pid::from_raw(master()).ok_or_else(|| io::ErrorKind::NotFound.into())
}
