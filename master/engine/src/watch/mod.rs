//! Folders that are watched: what appears or changes in them becomes a [`Round`], a plan of its own.
//!
//! A file is taken once its size and times have stood still for a while, and nobody is known to be
//! writing to it. The system tells of changes as far as it can ([`told`]); folders are also looked
//! through now and then, at a pace that costs next to nothing, as some drives tell of none and every
//! queue of events can overflow. What has been made or has failed is on record in the output folder,
//! as of any run, and so are the names of outputs: a restart goes on where the watch ended, and no
//! image takes the name of another one's output.

mod files;
mod told;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::job::Options;
use crate::journal::{self, Header, Journal, Records};
use crate::plan::{self, ErrorClass, IfCollides, OutputState, Plan, PlanError, Request};
use crate::run::{Ended, sweep_orphans};
use crate::system::thread_time;
use files::Files;
use told::{Bell, Listener};

/// How soon folders are looked through again after something happened; each time without news it
/// takes twice as long. A folder may be filled before the system is asked to tell of it.
const SOON: Duration = Duration::from_secs(1);

/// How often folders are looked through at most while nothing happens, unless that is too dear.
const IDLE: Duration = Duration::from_secs(10);

/// How many times longer than a look takes (processor time) it is until the next: 0.4 % of a core.
const SPARED: u32 = 250;

/// Changes of so long a time are looked at together.
const CROWD: Duration = Duration::from_millis(500);

/// After what keeps outputs from being written it is tried again so much later.
const RETRY: Duration = Duration::from_secs(60);

/// Folders that are watched, until this is dropped.
#[derive(Debug)]
pub struct Watching {
    rounds: mpsc::Receiver<Result<Round, PlanError>>,
    bell: Bell,
}

/// Something to be made: images that are new or have changed, and stand still.
#[derive(Debug)]
pub struct Round {
    /// What is to be made, at least one output; its folders are there.
    pub plan: Arc<Plan>,
    /// Where it is to be put on record, or why that cannot be.
    pub journal: io::Result<Journal>,
    /// What waits for its end.
    pub over: Over,
}

/// Waits for the end of a round.
#[derive(Debug)]
pub struct Over(Sender<bool>);

impl Over {
    /// The round has been run, and its journal closed. What could not be written, or was
    /// interrupted, comes again later.
    pub fn tell(self, ended: &Ended) {
        // Whoever watched may have ended.
        let is_done = ended.halted.is_none() && ended.no_workers.is_none() && !ended.cancelled;
        let _ = self.0.send(is_done);
    }
}

impl Watching {
    /// Watches the folders of a request, with everything below them. What comes next waits until
    /// files have stood still for `settle`. `header` is what goes on record of it.
    ///
    /// # Errors
    /// The system's, if it lets no thread begin.
    pub fn start(request: Request, header: Header, settle: Duration) -> io::Result<Self> {
        // Nobody is there to be asked about names.
        let request = Request { recursive: true, if_collides: IfCollides::Rename, ..request };
        let options = Options {
            recursive: Some(true),
            if_collides: Some(IfCollides::Rename),
            ..header.options
        };
        let (sender, rounds) = mpsc::channel(1);
        let (bell, rung) = Bell::new();
        let watch = Watch {
            base: std::env::current_dir()?,
            files: Files::default(),
            records: None,
            journal: None,
            refused: None,
            listener: Listener::new(bell.clone()),
            request,
            header: Header { options, ..header },
            settle,
        };
        let thread = thread::Builder::new().name("watch".into());
        thread.spawn(move || watch.work(&sender, &rung))?;
        Ok(Self { rounds, bell })
    }

    /// Waits for something to be made, or for why it cannot be planned; `None` if that will not
    /// change. The round before has to be over.
    pub async fn next(&mut self) -> Option<Result<Round, PlanError>> {
        self.rounds.recv().await
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.bell.end();
    }
}

/// The watch, on its thread.
struct Watch {
    request: Request,
    header: Header,
    settle: Duration,
    base: PathBuf,
    files: Files,
    /// What is on record, once it has been read.
    records: Option<Records>,
    /// Its own journal, and how much of it is among the records, bytes.
    journal: Option<(PathBuf, u64)>,
    /// What was last refused, so that it is said once.
    refused: Option<String>,
    listener: Listener,
}

impl Watch {
    fn work(mut self, rounds: &mpsc::Sender<Result<Round, PlanError>>, rung: &Receiver<()>) {
        let mut patience = SOON;
        let mut tried = None;
        while !self.listener.bell.has_ended() {
            self.listener.follow(&self.request.paths, &self.base);
            let look = Look::begin();
            self.files.look(&self.request, look.at);
            let cost = look.cost();
            // What can never be made is refused before there is anything to make.
            if self.records.is_none()
                && let Err(error) = self.plan(&HashSet::new())
            {
                let _ = rounds.blocking_send(Err(error));
                return;
            }
            let still = |since, path: &PathBuf| {
                let writing = self.listener.bell.is_written(&self.base.join(path));
                since + if writing { self.settle.max(told::LONGEST_PAUSE) } else { self.settle }
            };
            let (ripe, next) = self.files.ripe(look.at, still);
            let may_try = tried.is_none_or(|at| look.at >= at + RETRY);
            if !ripe.is_empty() && may_try {
                tried = match self.round(&ripe, rounds) {
                    Ok(true) => None,
                    Ok(false) => Some(Instant::now()),
                    Err(Ends) => return,
                };
                patience = SOON;
                continue;
            }
            let idle = IDLE.max(cost.saturating_mul(SPARED));
            let wait = if let Some(at) = next.filter(|_| may_try) {
                at.saturating_duration_since(look.at)
            } else {
                let wait = patience.min(idle);
                patience = patience.saturating_mul(2);
                wait
            };
            if rung.recv_timeout(wait.max(Duration::from_millis(10))).is_ok() {
                patience = SOON;
                // What comes in a crowd is looked at once.
                let crowd = CROWD.min(self.settle);
                thread::sleep((look.at + crowd).saturating_duration_since(Instant::now()));
            }
        }
    }

    /// Has what stands still made; tells whether it is dealt with.
    fn round(
        &mut self,
        ripe: &HashSet<PathBuf>,
        rounds: &mpsc::Sender<Result<Round, PlanError>>,
    ) -> Result<bool, Ends> {
        let plan = match self.plan(ripe) {
            Ok(plan) => plan,
            Err(error) => {
                let ends = error.class() == ErrorClass::Usage;
                let text = error.to_string();
                if self.refused.as_ref() != Some(&text) {
                    self.refused = Some(text);
                    rounds.blocking_send(Err(error)).map_err(|_| Ends)?;
                }
                return if ends { Err(Ends) } else { Ok(false) };
            }
        };
        self.refused = None;
        if let Some(plan) = plan {
            let (over, waits) = channel();
            let (journal, over) = (self.open(&plan), Over(over));
            let round = Round { journal, plan: Arc::new(plan), over };
            rounds.blocking_send(Ok(round)).map_err(|_| Ends)?;
            let is_done = waits.recv().unwrap_or(false);
            self.take_down();
            if !is_done {
                return Ok(false);
            }
        }
        self.files.deal_with(ripe);
        Ok(true)
    }

    /// What is to be made of files that stand still, with its folders; `None` if that is nothing.
    fn plan(&mut self, ripe: &HashSet<PathBuf>) -> Result<Option<Plan>, PlanError> {
        let output = &self.request.output;
        let records = self
            .records
            .get_or_insert_with(|| Records::new(output, journal::read_all(output)).that_last());
        let exclude = self.request.exclude.iter().cloned().chain(self.files.others(ripe));
        let request = Request { exclude: exclude.collect(), ..self.request.clone() };
        let plan = match plan::resume(&request, records) {
            Ok(plan) => plan,
            Err(PlanError::NothingFound { .. } | PlanError::Unreadable { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_open = |image: usize, variant: usize| {
            let state = plan.state(image, variant);
            ripe.contains(&plan.images[image].path)
                && matches!(state, OutputState::Planned { .. } | OutputState::Failed(_))
                && !records.has_failed(&plan, image, variant)
        };
        let mut places = (0..plan.images.len())
            .flat_map(|image| (0..plan.variants.len()).map(move |variant| (image, variant)));
        if !places.any(|(image, variant)| is_open(image, variant)) {
            return Ok(None);
        }
        let plan = plan.only(is_open, self.request.slots);
        plan::prepare(&plan)?;
        if self.header.options.durable.unwrap_or_default() {
            plan::sync_folders(&plan)?;
        }
        sweep_orphans(&plan::folders(&plan));
        Ok(Some(plan))
    }

    /// The journal of this watch.
    fn open(&mut self, plan: &Plan) -> io::Result<Journal> {
        if let Some((path, _)) = &self.journal {
            return Journal::reopen(path, self.header.options.durable.unwrap_or_default());
        }
        let mut journal = Journal::create(&self.request.output, &self.header)?;
        self.journal = Some((journal.path().to_owned(), 0));
        journal.begin(plan);
        Ok(journal)
    }

    /// Adds to the records what the last round has put into the journal.
    fn take_down(&mut self) {
        let (Some(records), Some((path, read))) = (&mut self.records, &mut self.journal) else {
            return;
        };
        // What cannot be read now is read after the next round.
        if let Ok((entries, end)) = journal::read_from(path, *read) {
            records.add_all(&self.header, entries);
            *read = end;
        }
    }
}

/// Nobody waits for rounds any more, or none can come.
struct Ends;

/// A look through the folders.
struct Look {
    at: Instant,
    begun: Option<Duration>,
}

impl Look {
    fn begin() -> Self {
        Self { at: Instant::now(), begun: thread_time() }
    }

    /// What it has cost so far, processor time, or at most that.
    fn cost(&self) -> Duration {
        let spent = thread_time().zip(self.begun).map(|(now, begun)| now.saturating_sub(begun));
        spent.unwrap_or_else(|| self.at.elapsed())
    }
}
