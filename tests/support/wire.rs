//! A line between two machines that can be cut: what is on it then comes when it is mended, as with TCP.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// A line to a port of this machine.
pub(crate) struct Wire {
    port: u16,
    cut: Arc<Cut>,
}

#[derive(Default)]
struct Cut {
    is_cut: Mutex<bool>,
    changed: Condvar,
}

impl Cut {
    fn set(&self, is_cut: bool) {
        *self.is_cut.lock().unwrap() = is_cut;
        self.changed.notify_all();
    }

    /// Waits while the line is cut.
    fn pass(&self) {
        let is_cut = self.is_cut.lock().unwrap();
        drop(self.changed.wait_while(is_cut, |is_cut| *is_cut).unwrap());
    }
}

impl Wire {
    /// A line to that port, which need not be listened to all the time.
    pub(crate) fn to(far_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::<Cut>::default();
        let wire = Self { port, cut: Arc::clone(&cut) };
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let cut = Arc::clone(&cut);
                thread::spawn(move || {
                    cut.pass();
                    // Where nobody listens, nobody is spoken to.
                    let Ok(far) = TcpStream::connect(("127.0.0.1", far_port)) else { return };
                    let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    let other = Arc::clone(&cut);
                    thread::spawn(move || carry(back.0, back.1, &other));
                    carry(near, far, &cut);
                });
            }
        });
        wire
    }

    /// The address at its near end.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Nothing comes through.
    pub(crate) fn cut(&self) {
        self.cut.set(true);
    }

    /// What was held comes through, and what follows.
    pub(crate) fn mend(&self) {
        self.cut.set(false);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, cut: &Cut) {
    let mut bytes = [0; 1 << 13];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        cut.pass();
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    cut.pass();
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
