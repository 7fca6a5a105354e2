//! An agent's work on one job: a run whose images arrive as the fleet hands them out.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use lote_engine::event::{Event, OutputEnded, Status};
use lote_engine::lang::{Text, reason};
use lote_engine::plan::{
    Arrival, AssetFile, Gate, Given, IfExists, PatternError, Plan, Rules, Seen,
};
use lote_engine::roots::can_keep;
use lote_engine::run::{Feed, sweep_orphans};
use lote_fleet::agent::Report;
use lote_fleet::message::{Ended, Job, Unit, What};
use lote_fleet::names::ParcelId;
use lote_protocol::filter::{FilterCall, VariantSpec, check_all};
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use tokio::sync::{mpsc, oneshot};

use super::Places;
use super::paper::keeps_nothing;

/// What another machine has just made may take so long to be seen here.
const UNSEEN: Duration = Duration::from_secs(20);

/// How soon it is looked for again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A unit in hand, and the parcel that it came in.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) parcel: ParcelId,
    pub(super) unit: Arc<Unit>,
}

/// What has arrived, and what of it is open.
#[derive(Debug, Default)]
struct Table {
    /// By the places of the images in the plan.
    images: Vec<Held>,
    /// The image of each task.
    tasks: Vec<usize>,
    /// Outputs that have not been reported: image, and place among the outputs of its unit.
    open: HashSet<(usize, usize)>,
    withdrawn: HashSet<ParcelId>,
}

/// What a job's run and whoever feeds it both know.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    table: Arc<Mutex<Table>>,
    reports: mpsc::Sender<Report>,
}

impl Ledger {
    pub(super) fn new(reports: mpsc::Sender<Report>) -> Self {
        Self { table: Arc::default(), reports }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is open.
    pub(super) fn is_idle(&self) -> bool {
        self.table().open.is_empty()
    }

    /// The units that are open.
    pub(super) fn open(&self) -> Vec<Held> {
        let table = self.table();
        let images: BTreeSet<_> = table.open.iter().map(|(image, _)| *image).collect();
        images.into_iter().map(|image| table.images[image].clone()).collect()
    }

    /// A parcel is begun, be it once more after it was withdrawn.
    pub(super) fn begin(&self, parcel: ParcelId) {
        self.table().withdrawn.remove(&parcel);
    }

    /// Forgets a parcel; the tasks that need not be done any more.
    pub(super) fn withdraw(&self, parcel: ParcelId) -> Vec<usize> {
        let mut table = self.table();
        table.withdrawn.insert(parcel);
        let table = &mut *table;
        table.open.retain(|(image, _)| table.images[*image].parcel != parcel);
        let tasks = table.tasks.iter().enumerate();
        let of_parcel = tasks.filter(|(_, image)| table.images[**image].parcel == parcel);
        of_parcel.map(|(task, _)| task).collect()
    }

    /// Asks whether an output of a task may get its name. It waits for the answer.
    fn may_publish(&self, task: u64) -> bool {
        let parcel = {
            let table = self.table();
            let image = table.tasks.get(task as usize);
            image
                .map(|image| table.images[*image].parcel)
                .filter(|parcel| !table.withdrawn.contains(parcel))
        };
        let Some(parcel) = parcel else { return false };
        let (answer, answered) = oneshot::channel();
        let asked = self.reports.blocking_send(Report::Written { parcel, answer });
        asked.is_ok() && answered.blocking_recv().unwrap_or(false)
    }

    /// Passes on what happened in the run; whether that was the end of an output.
    pub(super) async fn report(&self, event: &Event) -> Option<Status> {
        if let Some((worker, what)) = self.happened(event) {
            // Who does not listen any more does not need it.
            let _ = self.reports.send(Report::Happened { worker, what }).await;
        }
        let (report, status) = match event {
            Event::Task { unit, .. } => {
                let table = self.table();
                let held = &table.images[*table.tasks.get(*unit)?];
                (Report::Begun { parcel: held.parcel, unit: held.unit.unit }, None)
            }
            Event::Output(ended) => (self.ended(ended)?, Some(ended.status)),
            Event::Paused { .. } => (Report::Blocked(Some("the disk is full".to_owned())), None),
            Event::Resumed => (Report::Blocked(None), None),
            _ => return None,
        };
        // Who does not listen any more does not need it.
        let _ = self.reports.send(report).await;
        status
    }

    /// What happened to a worker, as whoever watches is told.
    fn happened(&self, event: &Event) -> Option<(u32, What)> {
        let place = |held: &Held, variant: usize| {
            let mut outputs = held.unit.outputs.iter();
            Some(outputs.position(|one| one.variant as usize == variant)? as u32)
        };
        match event {
            Event::Worker { worker, pid, state, reason, .. } => {
                let (state, pid, reason) = (*state, *pid, reason.clone());
                Some((*worker, What::Worker { state, pid, reason }))
            }
            Event::Task { worker, unit, variants, attempt, .. } => {
                let table = self.table();
                let held = &table.images[*table.tasks.get(*unit)?];
                let places = variants.iter().filter_map(|variant| place(held, *variant as usize));
                let (unit, places, attempt) = (held.unit.unit, places.collect(), *attempt);
                Some((*worker, What::Task { unit, places, attempt }))
            }
            Event::Decoded { worker, .. } => Some((*worker, What::Decoded)),
            Event::Output(ended) => {
                let table = self.table();
                let place = place(table.images.get(ended.place.image)?, ended.place.variant)?;
                let ms = ended.ms.unwrap_or_default() - ended.decode_ms.unwrap_or_default();
                Some((ended.worker?, What::Output { place, status: ended.status, ms: ms.max(0.0) }))
            }
            _ => None,
        }
    }

    fn ended(&self, ended: &OutputEnded) -> Option<Report> {
        // What was not tried, or was not wanted any more when it was written, stays open.
        let is_vain = ended.status == Status::Skipped
            || ended.untried
            || ended.kind == Some(FailureKind::Cancelled);
        if is_vain {
            return None;
        }
        let mut table = self.table();
        let image = ended.place.image;
        let held = table.images.get(image)?.clone();
        let mut outputs = held.unit.outputs.iter();
        let place = outputs.position(|one| one.variant as usize == ended.place.variant)?;
        if !table.open.remove(&(image, place)) {
            return None;
        }
        drop(table);
        let ended = Ended {
            unit: held.unit.unit,
            place: place as u32,
            output: held.unit.outputs[place].output.clone(),
            status: ended.status,
            bytes: ended.bytes.unwrap_or_default(),
            modified_ns: ended.modified_ns,
            sha256: ended.sha256,
            ms: ended.ms.unwrap_or_default(),
            decode_ms: ended.decode_ms.unwrap_or_default(),
            attempt: ended.attempt.unwrap_or_default(),
            kind: ended.kind,
            reason: ended.reason.clone(),
            notes: ended.notes.clone(),
            last_words: ended.last_words.clone(),
            reproduce: ended.reproduce.clone(),
        };
        Some(Report::Ended { parcel: held.parcel, ended })
    }
}

/// The images of a job as they arrive.
#[derive(Debug)]
pub(super) struct Arrivals {
    plan: Plan,
    ledger: Ledger,
    inbox: mpsc::UnboundedReceiver<(Held, Seen)>,
}

impl Arrivals {
    pub(super) fn new(
        rules: Rules,
        ledger: Ledger,
        inbox: mpsc::UnboundedReceiver<(Held, Seen)>,
    ) -> Self {
        Self { plan: Plan::growing(rules), ledger, inbox }
    }
}

impl Feed for Arrivals {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn is_whole(&self) -> bool {
        false
    }

    async fn more(&mut self) -> bool {
        loop {
            let Some((held, seen)) = self.inbox.recv().await else { return false };
            let mut table = self.ledger.table();
            if table.withdrawn.contains(&held.parcel) {
                continue;
            }
            let image = self.plan.grow(seen);
            if self.plan.units.len() > table.tasks.len() {
                table.tasks.push(image);
            }
            table.open.extend((0..held.unit.outputs.len()).map(|place| (image, place)));
            table.images.push(held);
            return true;
        }
    }

    fn gate(&self) -> Option<Gate> {
        let ledger = self.ledger.clone();
        Some(Gate(Arc::new(move |task| ledger.may_publish(task))))
    }
}

/// What images of a job have to be looked at for, on this machine.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) job: Arc<Job>,
    pub(super) places: Places,
    /// The folders, below the root of outputs, that those of each variant go to.
    tops: Vec<PathBuf>,
    /// Output folders that have been looked at.
    swept: Mutex<HashSet<PathBuf>>,
}

impl Ground {
    /// That of a job that this machine can take part in, and the rules of its plan; why it cannot. It
    /// looks at disks.
    pub(super) fn new(job: &Arc<Job>, places: Places) -> Result<(Self, Rules), Text> {
        let place = |name: &lote_fleet::names::FleetName| {
            let place = places.get(name);
            let place = place.ok_or_else(|| text!("it has no root {}", name.to_string()))?;
            if Some(&place.mark()?) != job.roots.get(name) {
                let shown = place.folder.display();
                return Err(text!(
                    "the root {} is another folder here ({})",
                    name.to_string(),
                    shown
                ));
            }
            Ok(place)
        };
        let input = place(&job.input)?.folder.clone();
        let output = place(&job.output.root)?;
        if output.read_only {
            return Err(text!("the root {} takes no outputs", output.name.to_string()));
        }
        let output = output.folder.clone();
        let folder = output.join(&job.output.path.0);
        if job.header.if_exists() != IfExists::Overwrite && can_keep(&folder).is_ok_and(|can| !can)
        {
            return Err(keeps_nothing(&folder));
        }
        // As if the user of this machine had typed it.
        let request = job.header.request(&output, 1).map_err(|error| error.text())?;
        check_all(&request.variants).map_err(|error| Text::from(error.to_string()))?;
        let variants = job.header.variants_by_file();
        let folder = &job.output.path.0;
        let top = |variant: &VariantSpec| {
            let top = request.pattern_of(variant)?.top(&variant.name);
            Ok(top.map_or_else(|| folder.clone(), |top| folder.join(top)))
        };
        let tops = variants.iter().map(top).collect::<Result<_, PatternError>>();
        let tops = tops.map_err(|error| error.text())?;
        let ground = Self { job: Arc::clone(job), places, tops, swept: Mutex::default() };
        let assets = (0..variants.len()).map(|variant| {
            let needs = job.needs.get(variant).into_iter().flatten();
            needs.map(|asset| ground.asset(asset)).collect()
        });
        let rules = Rules {
            assets: assets.collect(),
            variants: VariantSpec::by_file(&request.variants),
            encoding: request.encoding,
            output,
            within: vec![input],
        };
        Ok((ground, rules))
    }

    fn asset(&self, asset: &lote_protocol::task::Asset) -> AssetFile {
        let path = self.job.assets.as_ref().and_then(|folder| {
            let place = self.places.get(&folder.root)?;
            Some(place.folder.join(&folder.path.0).join(HEXLOWER.encode(&asset.sha256)))
        });
        AssetFile { asset: asset.clone(), path: path.unwrap_or_default() }
    }

    /// Looks at an image that has arrived. It waits for disks.
    pub(super) fn look(&self, unit: &Unit, is_retried: bool) -> Seen {
        let Some(root) = self.places.get(&self.job.input) else {
            let arrival = self.arrival(unit, PathBuf::new(), Vec::new());
            return arrival.unusable(Failure::new(FailureKind::NotFound, text!("not found")));
        };
        let path = root.folder.join(&unit.image.0);
        let refused = |why: Text| Failure::new(FailureKind::Permission, why);
        let mut outputs = Vec::new();
        let mut failure = None;
        for output in &unit.outputs {
            let special = output.steps.as_ref().map(|steps| {
                let assets =
                    output.assets.iter().flatten().map(|asset| self.asset(asset)).collect();
                checked(steps).map(|steps| (steps, assets))
            });
            let special = match special.transpose() {
                Ok(special) => special,
                Err(why) => {
                    failure.get_or_insert_with(|| refused(why));
                    None
                }
            };
            if let Err(why) = self.folder(output.variant, &output.output.0) {
                failure.get_or_insert_with(|| refused(why));
            }
            outputs.push(Given {
                variant: output.variant,
                path: output.output.0.clone(),
                replace: output.replace || is_retried,
                special,
            });
        }
        outputs.sort_by_key(|given| given.variant);
        let arrival = self.arrival(unit, path, outputs);
        let failure = failure.or_else(|| {
            let resolved = patiently(|| self.places.resolve(&self.job.input, &unit.image.0));
            // What else is wrong with it is found out and said as anywhere.
            let error = resolved.err()?;
            let leads_out_of_it = error.kind() == io::ErrorKind::PermissionDenied;
            leads_out_of_it.then(|| refused(leads_out(&error)))
        });
        match failure {
            Some(failure) => {
                let image = unit.image.0.display();
                tracing::warn!(job = %self.job.job, "{image} is not worked on: {}", failure.message);
                arrival.unusable(failure)
            }
            None => arrival.look(),
        }
    }

    #[allow(clippy::unused_self, reason = "one word for all that arrives")]
    fn arrival(&self, unit: &Unit, path: PathBuf, outputs: Vec<Given>) -> Arrival {
        let (name, number, page) = (unit.image.0.clone(), unit.number, unit.page);
        Arrival { path, name, number, page, outputs }
    }

    /// Looks at the folder of an output: it is its variant's, and no link leads out of its root. What the dead
    /// of this machine have left there goes.
    fn folder(&self, variant: u32, output: &Path) -> Result<(), Text> {
        let top = self.tops.get(variant as usize);
        let is_of_the_job = top.is_some_and(|top| output.starts_with(top))
            && output.components().all(|part| part.as_os_str() != lote_engine::journal::FOLDER);
        if !is_of_the_job {
            return Err(text!("its output is not below the job's folder"));
        }
        let folder = output.parent().unwrap_or(Path::new(""));
        let known = || self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(folder) {
            return Ok(());
        }
        match patiently(|| self.places.resolve(&self.job.output.root, folder)) {
            Ok(real) => {
                known().insert(folder.to_owned());
                sweep_orphans(&BTreeSet::from([real]));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(leads_out(&error)),
            // Whoever writes there will say what is the matter.
            Err(_) => Ok(()),
        }
    }
}

/// Why a path below a root may not be followed. What the system has not said itself is of a link.
fn leads_out(error: &io::Error) -> Text {
    if error.raw_os_error().is_some() {
        return reason(error);
    }
    text!("it is a link to a file outside of the folder")
}

/// Steps, as the catalogue of this build has them.
fn checked(steps: &[FilterCall]) -> Result<Vec<FilterCall>, Text> {
    let all = lote_engine::catalogue::all();
    let steps = steps.iter().map(|step| step.clone().checked(&all));
    steps.collect::<Result<_, _>>().map_err(|error| error.text())
}

/// What is not there yet, as another machine has just made it, is looked for again.
fn patiently(look: impl Fn() -> io::Result<PathBuf>) -> io::Result<PathBuf> {
    let begun = Instant::now();
    loop {
        match look() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && begun.elapsed() < UNSEEN => {
                std::thread::sleep(LOOK_AGAIN);
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use lote_engine::event::Place;
    use lote_engine::journal::Name;
    use lote_fleet::message::Output;
    use lote_fleet::names::JobId;
    use lote_protocol::encoding::Encoding;

    use super::*;

    fn held(number: u32) -> Held {
        let output = |variant| Output {
            variant,
            output: Name(format!("out/{number}-{variant}").into()),
            replace: true,
            format: None,
            steps: None,
            assets: None,
        };
        let unit = Unit {
            unit: number,
            image: Name(format!("{number}.jpg").into()),
            bytes: 1,
            modified_ns: None,
            pixels: 1,
            number: 1,
            page: None,
            outputs: vec![output(0), output(1)],
        };
        let job = JobId::new(1, [0; 11]);
        Held { parcel: ParcelId::of(job, 0, &[number]), unit: Arc::new(unit) }
    }

    fn seen(number: u32) -> Seen {
        let given = |variant| Given {
            variant,
            path: format!("out/{number}-{variant}").into(),
            replace: true,
            special: None,
        };
        let arrival = Arrival {
            path: format!("/none/{number}.jpg").into(),
            name: format!("{number}.jpg").into(),
            number: 1,
            page: None,
            outputs: vec![given(0), given(1)],
        };
        arrival.unusable(Failure::new(FailureKind::NotFound, text!("not found")))
    }

    fn rules() -> Rules {
        let variant = |name: &str| VariantSpec {
            name: name.into(),
            steps: Vec::new(),
            files: vec![Encoding::default()],
            pattern: None,
        };
        Rules {
            variants: vec![variant("a"), variant("b")],
            assets: vec![Vec::new(); 2],
            encoding: Encoding::default(),
            output: "/none".into(),
            within: Vec::new(),
        }
    }

    fn ended(image: usize, variant: usize, kind: FailureKind) -> Event {
        let open = OutputEnded::open(Place { image, variant }, String::new(), "a".into());
        Event::Output(OutputEnded { status: Status::Failed, kind: Some(kind), ..open })
    }

    #[tokio::test]
    async fn what_was_given_back_is_not_begun_unless_it_comes_again() {
        let ledger = Ledger::new(mpsc::channel(8).0);
        let (feed, inbox) = mpsc::unbounded_channel();
        let mut arrivals = Arrivals::new(rules(), ledger.clone(), inbox);
        let (one, other) = (held(1), held(2));
        ledger.withdraw(one.parcel);
        feed.send((one.clone(), seen(1))).unwrap();
        feed.send((other.clone(), seen(2))).unwrap();
        assert!(arrivals.more().await);
        assert_eq!(arrivals.plan().images.len(), 1);
        ledger.begin(one.parcel);
        feed.send((one.clone(), seen(1))).unwrap();
        assert!(arrivals.more().await);
        let open: Vec<_> = ledger.open().iter().map(|held| held.unit.unit).collect();
        assert_eq!(open, [2, 1]);
        ledger.withdraw(other.parcel);
        assert_eq!(ledger.open().len(), 1);
        drop(feed);
        assert!(!arrivals.more().await);
    }

    #[tokio::test]
    async fn an_output_is_reported_once_as_its_parcel_knows_it_and_what_was_not_tried_is_not() {
        let (reports, mut reported) = mpsc::channel(8);
        let ledger = Ledger::new(reports);
        let (feed, inbox) = mpsc::unbounded_channel();
        let mut arrivals = Arrivals::new(rules(), ledger.clone(), inbox);
        feed.send((held(7), seen(7))).unwrap();
        arrivals.more().await;
        assert_eq!(ledger.report(&ended(0, 1, FailureKind::Cancelled)).await, None);
        let status = ledger.report(&ended(0, 1, FailureKind::NotFound)).await;
        assert_eq!(status, Some(Status::Failed));
        assert_eq!(ledger.report(&ended(0, 1, FailureKind::NotFound)).await, None);
        let Some(Report::Ended { parcel, ended }) = reported.recv().await else { panic!() };
        assert_eq!((parcel, ended.unit, ended.place), (held(7).parcel, 7, 1));
        assert_eq!(ended.output, Name("out/7-1".into()));
        assert!(reported.try_recv().is_err());
        assert!(!ledger.is_idle(), "the other one is open");
    }
}
