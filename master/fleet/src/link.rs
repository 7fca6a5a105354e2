//! How a driver stands with its engine: what is tried until it is answered, and when that is worth a word.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::engine::Error;

/// A silence that is shorter is nobody's business.
const PATIENCE: Duration = Duration::from_secs(3);

/// So long after an answer whoever asks every few seconds takes the engine to be there.
const SURE: Duration = Duration::from_secs(6);

/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Whether a question was answered; why not.
pub(crate) type Answered = Result<(), String>;

/// Tells whether questions are answered.
#[derive(Debug, Clone)]
pub(crate) struct Link(mpsc::UnboundedSender<Answered>);

impl Link {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Answered>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Notes whether a question was answered.
    pub(crate) fn note<T>(&self, answer: &Result<T, Error>) {
        let answered = match answer {
            Err(Error::Away(why) | Error::Denied(why)) => Err(why.to_string()),
            _ => Ok(()),
        };
        // Whoever listened may be gone already.
        let _ = self.0.send(answered);
    }

    /// Asks until there is an answer. What is missing is made by `open`, which may be nothing.
    pub(crate) async fn persist<T, A, O>(
        &self,
        ask: impl Fn() -> A,
        open: impl Fn() -> O,
    ) -> Result<T, Error>
    where
        A: Future<Output = Result<T, Error>>,
        O: Future<Output = Result<(), Error>>,
    {
        let mut pause = PAUSES.0;
        loop {
            let answer = ask().await;
            self.note(&answer);
            match answer {
                Err(Error::Missing(_)) => {
                    let opened = open().await;
                    self.note(&opened);
                }
                Err(Error::Away(_) | Error::Denied(_)) => {}
                answer => return answer,
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// What is worth a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    Away(String),
    Back,
}

/// Says each change once.
#[derive(Debug)]
pub(crate) struct Watch {
    answered: Instant,
    is_away: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { answered: Instant::now(), is_away: false }
    }

    /// Whether an answer came so lately that the engine is there.
    pub(crate) fn is_sure(&self) -> bool {
        !self.is_away && self.answered.elapsed() < SURE
    }

    pub(crate) fn note(&mut self, answered: Answered) -> Option<News> {
        match answered {
            Ok(()) => {
                self.answered = Instant::now();
                std::mem::take(&mut self.is_away).then_some(News::Back)
            }
            Err(why) if !self.is_away && self.answered.elapsed() >= PATIENCE => {
                self.is_away = true;
                Some(News::Away(why))
            }
            Err(_) => None,
        }
    }
}
