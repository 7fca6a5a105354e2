//! Who is connected: so many at most, and strangers make room for those who are known.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Connections at the same time: 64 pages, with as many connections each as browsers make.
const MAX: usize = 512;

/// Connections from one address of another machine.
const MAX_OF_ADDRESS: usize = 192;

/// All connections; clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<SharedConnections>);

#[derive(Debug, Default)]
struct SharedConnections {
    open: Mutex<Open>,
    /// One has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Open {
    /// By age.
    connections: BTreeMap<u64, Peer>,
    so_far: u64,
}

#[derive(Debug)]
struct Peer {
    address: IpAddr,
    known: Known,
    leave: Arc<Notify>,
}

/// Whether who is at the other end has been let in; clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<AtomicBool>);

impl Known {
    /// It has.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A place among the connections, for as long as it lives.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Connections,
    number: u64,
    /// Whether who is at the other end has been let in.
    pub(super) known: Known,
    /// Told when the place is wanted by another.
    pub(super) leave: Arc<Notify>,
}

impl Connections {
    /// A place for a connection from that address. Where there is none left, the oldest connection
    /// that nobody has let in gives up its own; `None` if there is none of those either.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Connection> {
        let mut open = self.open();
        let of_address = open.connections.values().filter(|peer| peer.address == address).count();
        let is_crowd = !address.is_loopback() && of_address >= MAX_OF_ADDRESS;
        if is_crowd || open.connections.len() >= MAX {
            let stranger = |(_, peer): &(&u64, &Peer)| {
                !peer.known.get() && (!is_crowd || peer.address == address)
            };
            let oldest = *open.connections.iter().find(stranger)?.0;
            if let Some(peer) = open.connections.remove(&oldest) {
                peer.leave.notify_one();
            }
        }
        let (number, known, leave) = (open.so_far, Known::default(), Arc::<Notify>::default());
        open.so_far += 1;
        let peer = Peer { address, known: known.clone(), leave: Arc::clone(&leave) };
        open.connections.insert(number, peer);
        Some(Connection { connections: self.clone(), number, known, leave })
    }

    /// Waits until no connection is left.
    pub(super) async fn all_ended(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.open().connections.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.number);
        self.connections.0.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_oldest_stranger_makes_room_and_whoever_is_known_stays() {
        let connections = Connections::default();
        let mut places: Vec<_> = (0..MAX).filter_map(|_| connections.enter(HERE)).collect();
        places[0].known.set();
        let late = connections.enter(HERE).unwrap();
        let numbers: Vec<_> = connections.open().connections.keys().copied().take(2).collect();
        assert_eq!(numbers, [0, 2], "1 was the oldest stranger");
        for place in places.iter().chain([&late]) {
            place.known.set();
        }
        assert!(connections.enter(HERE).is_none());
        places.pop();
        assert!(connections.enter(HERE).is_some());
    }

    #[test]
    fn one_address_of_another_machine_takes_no_more_than_its_share() {
        let (connections, there) = (Connections::default(), IpAddr::from([10, 0, 0, 7]));
        let ours = connections.enter(HERE).unwrap();
        let theirs: Vec<_> =
            (0..=MAX_OF_ADDRESS).filter_map(|_| connections.enter(there)).collect();
        assert_eq!(theirs.len(), MAX_OF_ADDRESS + 1);
        assert_eq!(connections.open().connections.len(), MAX_OF_ADDRESS + 1);
        assert!(connections.open().connections.contains_key(&ours.number));
        for place in &theirs {
            place.known.set();
        }
        assert!(connections.enter(there).is_none());
        assert!(connections.enter(HERE).is_some());
    }
}
