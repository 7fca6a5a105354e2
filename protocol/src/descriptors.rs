//! Open files that travel beside bytes over a local socket (`SCM_RIGHTS`), which the crate of the
//! socket cannot do. Who gets one can do with it what it was opened for, and needs to know no path.
//!
//! They come in the order in which they were sent, never after the bytes that they were sent with.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The most that one call takes (`SCM_MAX_FD`).
pub const MOST: usize = 253;

/// Sends bytes, at least one, and at most [`MOST`] files with the first of them; returns how many
/// bytes were taken.
///
/// # Errors
/// As the system says; `WouldBlock` also where too many files are on their way.
pub fn send(socket: impl AsFd, bytes: &[u8], files: &[File]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    let files: Vec<_> = files.iter().map(AsFd::as_fd).collect();
    if !files.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many files at a time"));
    }
    loop {
        match sendmsg(&socket, &[IoSlice::new(bytes)], &mut beside, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            sent => return Ok(sent?),
        }
    }
}

/// Receives bytes into `space` and the files that come with them; returns how many bytes those
/// were, 0 at the end.
///
/// # Errors
/// As the system says; where this process may not have as many open files as came, that is one.
pub fn receive(
    socket: impl AsFd,
    space: &mut [u8],
    files: &mut VecDeque<File>,
) -> io::Result<usize> {
    let mut beside = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST))];
    let mut beside = RecvAncillaryBuffer::new(&mut beside);
    let received = loop {
        let mut space = [IoSliceMut::new(space)];
        match recvmsg(&socket, &mut space, &mut beside, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(open) = message {
            files.extend(open.map(File::from));
        }
    }
    if received.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::other("files were lost on the way: too many are open"));
    }
    Ok(received.bytes)
}
