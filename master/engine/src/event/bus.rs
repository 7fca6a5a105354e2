//! The way from a run to whoever listens.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Event;

/// How many events a listener may be behind.
const LISTENER_QUEUE: usize = 4096;

/// Where events go. Every listener gets every event in order; one that is slow slows the run, so
/// that none is lost. Whoever may miss events keeps a state of its own to look at.
#[derive(Debug, Default)]
pub struct Bus {
    listeners: Vec<mpsc::Sender<Arc<Event>>>,
}

impl Bus {
    /// Without listeners.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a listener, which gets what happens from now on.
    pub fn listen(&mut self) -> mpsc::Receiver<Arc<Event>> {
        let (sender, receiver) = mpsc::channel(LISTENER_QUEUE);
        self.listeners.push(sender);
        receiver
    }

    /// Tells all listeners. One that has left is forgotten.
    pub async fn publish(&mut self, event: Event) {
        let event = Arc::new(event);
        let mut left = false;
        for listener in &self.listeners {
            left |= listener.send(Arc::clone(&event)).await.is_err();
        }
        if left {
            self.listeners.retain(|listener| !listener.is_closed());
        }
    }
}
