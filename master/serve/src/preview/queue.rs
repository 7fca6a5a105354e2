//! What waits for a worker: previews before thumbnails, the newest preview first, images of programs
//! in turn, and never more than a bound. What nobody waits for any more is forgotten.

use std::collections::VecDeque;
use std::path::PathBuf;

use lote_engine::plan::Asset;
use tokio::sync::oneshot;

use super::{Order, Print, Refused, Urgency};

const MAX_PREVIEWS: usize = 64;
const MAX_THUMBNAILS: usize = 1024;

/// A request.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) input: PathBuf,
    pub(super) orders: Vec<Order>,
    /// What they need beside the image.
    pub(super) assets: Vec<Asset>,
    pub(super) reply: oneshot::Sender<Result<Vec<Print>, Refused>>,
    /// How many workers died of it.
    pub(super) deaths: u32,
}

impl Ticket {
    /// Whether nobody waits for it any more.
    pub(super) fn is_void(&self) -> bool {
        self.reply.is_closed()
    }

    /// Answers it.
    pub(super) fn answer(self, result: Result<Vec<Print>, Refused>) {
        // Who asked may have left.
        let _ = self.reply.send(result);
    }
}

/// The waiting requests.
#[derive(Debug, Default)]
pub(super) struct Queue {
    previews: VecDeque<Ticket>,
    thumbnails: VecDeque<Ticket>,
    conversions: VecDeque<Ticket>,
}

impl Queue {
    /// Takes a request in, if there is room.
    pub(super) fn add(&mut self, urgency: Urgency, ticket: Ticket) -> Result<(), Refused> {
        let (line, most) = match urgency {
            Urgency::Preview => (&mut self.previews, MAX_PREVIEWS),
            Urgency::Thumbnail => (&mut self.thumbnails, MAX_THUMBNAILS),
            Urgency::Conversion => (&mut self.conversions, MAX_PREVIEWS),
        };
        if line.len() >= most {
            line.retain(|ticket| !ticket.is_void());
        }
        if line.len() >= most {
            return Err(Refused::Busy);
        }
        line.push_back(ticket);
        Ok(())
    }

    /// Puts a request back whose worker died, before all others.
    pub(super) fn put_back(&mut self, ticket: Ticket) {
        self.previews.push_back(ticket);
    }

    /// The next request that somebody still waits for.
    pub(super) fn next(&mut self) -> Option<Ticket> {
        while let Some(ticket) = self.previews.pop_back() {
            if !ticket.is_void() {
                return Some(ticket);
            }
        }
        for line in [&mut self.conversions, &mut self.thumbnails] {
            while let Some(ticket) = line.pop_front() {
                if !ticket.is_void() {
                    return Some(ticket);
                }
            }
        }
        None
    }

    /// Whether somebody waits for a preview.
    pub(super) fn has_preview(&self) -> bool {
        self.previews.iter().any(|ticket| !ticket.is_void())
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.previews.is_empty() && self.thumbnails.is_empty() && self.conversions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = oneshot::Receiver<Result<Vec<Print>, Refused>>;

    fn add(queue: &mut Queue, urgency: Urgency, name: &str) -> Result<Answer, Refused> {
        let (reply, answer) = oneshot::channel();
        let ticket =
            Ticket { input: name.into(), orders: Vec::new(), assets: Vec::new(), reply, deaths: 0 };
        queue.add(urgency, ticket).map(|()| answer)
    }

    fn next(queue: &mut Queue) -> Option<String> {
        queue.next().map(|ticket| ticket.input.display().to_string())
    }

    #[test]
    fn the_newest_preview_comes_first_and_thumbnails_come_last_in_turn() {
        let mut queue = Queue::default();
        let requests = [
            (Urgency::Thumbnail, "a"),
            (Urgency::Preview, "b"),
            (Urgency::Thumbnail, "c"),
            (Urgency::Preview, "d"),
        ];
        let answers = requests.map(|(urgency, name)| add(&mut queue, urgency, name).unwrap());
        let order: Vec<_> = std::iter::from_fn(|| next(&mut queue)).collect();
        assert_eq!(order, ["d", "b", "a", "c"]);
        drop(answers);
    }

    #[test]
    fn images_of_programs_are_made_in_turn() {
        let mut queue = Queue::default();
        let names = ["a", "b", "c"];
        let answers = names.map(|name| add(&mut queue, Urgency::Conversion, name).unwrap());
        assert!(!queue.is_empty());
        let order: Vec<_> = std::iter::from_fn(|| next(&mut queue)).collect();
        assert_eq!(order, names);
        drop(answers);
    }

    #[test]
    fn what_nobody_waits_for_is_forgotten_and_makes_room() {
        let mut queue = Queue::default();
        let mut answers: Vec<_> =
            (0..MAX_PREVIEWS).map(|_| add(&mut queue, Urgency::Preview, "old").unwrap()).collect();
        assert!(matches!(add(&mut queue, Urgency::Preview, "new"), Err(Refused::Busy)));
        answers.clear();
        let kept = add(&mut queue, Urgency::Preview, "new").unwrap();
        assert!(queue.has_preview());
        assert_eq!(next(&mut queue).as_deref(), Some("new"));
        assert_eq!(next(&mut queue), None);
        drop(kept);
    }
}
