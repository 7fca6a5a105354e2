//! The web sockets: how many, how large, and those that stop listening.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::client::Server;
use super::downloads;
use super::stream::Page;
use crate::patience::wait_until;

/// Asks for a socket of the page's own stream; returns it and the status of the answer.
fn open(server: &Server) -> (TcpStream, u16) {
    open_as(server, "/ws", Some("lote.v1"))
}

/// Asks for a socket with that subprotocol; returns it and the status of the answer.
pub(crate) fn open_as(server: &Server, path: &str, protocol: Option<&str>) -> (TcpStream, u16) {
    open_from(server, &server.origin(), path, protocol)
}

/// The same for a page of that origin.
pub(crate) fn open_from(
    server: &Server,
    origin: &str,
    path: &str,
    protocol: Option<&str>,
) -> (TcpStream, u16) {
    let mut stream = server.connect();
    let protocol = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {}\r\n",
        server.host(),
        origin,
        protocol.unwrap_or_default()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (stream, status)
}

/// A text in a frame as a client sends it (RFC 6455, 5.2), under the mask 0.
pub(crate) fn frame(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81, 0xff];
    frame.extend((text.len() as u64).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text);
    frame
}

/// The text of the next frame.
pub(crate) fn read_frame(stream: &mut TcpStream) -> String {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    let mut length = u64::from(head[1]);
    if length >= 126 {
        let mut bytes = [0; 8];
        let count = if length == 126 { 2 } else { 8 };
        stream.read_exact(&mut bytes[8 - count..]).unwrap();
        length = u64::from_be_bytes(bytes);
    }
    let mut text = vec![0; length as usize];
    stream.read_exact(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn there_is_room_for_64_pages_and_again_when_one_leaves() {
    let server = Server::start();
    let mut open_ones: Vec<_> = (0..64).map(|_| open(&server)).collect();
    assert!(open_ones.iter().all(|(_, status)| *status == 101));
    assert_eq!(open(&server).1, 503);
    open_ones.pop();
    wait_until("a place", || open(&server).1 == 101);
    assert_eq!(server.get("/api/images").status, 200);
}

#[test]
fn a_message_above_64_kib_ends_its_connection() {
    let server = Server::start();
    let (mut stream, _) = open(&server);
    // The server may close before it has read everything.
    let _ = stream.write_all(&frame(&vec![b' '; 70 << 10]));
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(open(&server).1, 101);
}

#[test]
fn nonsense_is_answered_and_the_connection_stays() {
    let server = Server::start();
    let (mut stream, _) = open(&server);
    for nonsense in ["{", "[]", "{\"tipo\":7}", "{\"tipo\":\"procesar\"}", ""] {
        stream.write_all(&frame(nonsense.as_bytes())).unwrap();
        wait_until("an error", || read_frame(&mut stream).contains("\"tipo\":\"error\""));
    }
    stream.write_all(&frame(b"{\"tipo\":\"instantanea\"}")).unwrap();
    wait_until("a snapshot", || read_frame(&mut stream).contains("\"tipo\":\"instantanea\""));
}

/// A page that asks for more than it has room for, and reads none of it.
pub(crate) fn stalled_page(server: &Server) -> TcpStream {
    let mut stream = open(server).0;
    rustix::net::sockopt::set_socket_recv_buffer_size(&stream, 1).unwrap();
    for _ in 0..100 {
        stream.write_all(&frame(b"{\"tipo\":\"instantanea\"}")).unwrap();
    }
    stream
}

#[test]
fn pages_that_have_stopped_listening_do_not_hold_up_a_job() {
    let server = Server::start();
    // The first job is for comparison: it fills what is filled only once.
    downloads::job(&server);
    let before = server.resident_kib();
    let stalled: Vec<_> = (0..50).map(|_| stalled_page(&server)).collect();
    let mut page = Page::open(&server);
    downloads::job(&server);
    let job = page.until_job("finished");
    assert_eq!((&job["progress"]["ok"], &job["progress"]["failed"]), (&6.into(), &0.into()));
    let after = server.resident_kib();
    assert!(after < before + (32 << 10), "from {before} to {after} KiB");
    assert_eq!(server.get("/").status, 200);
    drop(stalled);
}
