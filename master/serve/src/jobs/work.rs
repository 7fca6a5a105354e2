//! The work on jobs, on the main thread.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc;

use super::prepare::Spec;
use super::{AtWork, Jobs, Todo, WorkKind};
use crate::fleet::{Asked, Fleet};
use crate::live::Book;
use crate::live::shapes::{JobState, Level, Pause};
use crate::said::Trouble;
use lote_engine::event::{Bus, Event};
use lote_engine::journal::How;
use lote_engine::lang::{Lang, Text};
use lote_engine::plan::{self, Plan};
use lote_engine::run::{self, Ended, RunOrder};
use lote_protocol::text;

impl Jobs {
    /// Does what is to be done, until [`Jobs::close`].
    pub(crate) async fn work(&self) {
        loop {
            let (sender, inbox) = mpsc::channel(64);
            let (todo, is_closed) = {
                let mut desk = self.desk();
                let todo = desk.next();
                desk.work = todo.as_ref().map(|todo| AtWork { what: todo.kind(), orders: sender });
                (todo, desk.is_closed)
            };
            match todo {
                Some(Todo::Job(spec)) => self.begin(*spec, inbox).await,
                Some(Todo::Again(spec)) => self.run_until_done(&spec, inbox, false).await,
                Some(Todo::Compare(spec)) => self.run_compare(*spec, inbox).await,
                Some(Todo::Forecast(asked)) => self.run_forecast(*asked, inbox).await,
                None if is_closed => return,
                None => self.0.news.notified().await,
            }
            self.desk().work = None;
        }
    }

    /// Begins a job. If it has waited, the world may have changed, and it is planned again.
    async fn begin(&self, spec: Spec, inbox: mpsc::Receiver<RunOrder>) {
        let (spec, error) =
            if spec.has_waited { self.plan_again(spec).await } else { (spec, Trouble::default()) };
        let spec = Arc::new(spec);
        self.desk().last = Some(Arc::clone(&spec));
        let settings = serde_json::to_value(&spec.request).unwrap_or_default();
        self.0.live.with(|model, t| {
            model.begin_job(spec.job(t), spec.book(self.0.live.instance()), settings, t);
            if let Err(Some(why)) = &spec.fleet {
                let message = format!("this machine makes it, not the fleet: {why}");
                let args = json!({ "reason": why.to_string(), "reason_es": why.say(Lang::Es) });
                model.notice(Level::Warn, "made_here", args, message, t);
            }
            if error.0.is_some() {
                model.end_job(JobState::Failed, error.clone(), t);
            }
        });
        self.0.queue.send_modify(|number| *number += 1);
        spec.begun.notify_one();
        if error.0.is_none() {
            self.run_until_done(&spec, inbox, true).await;
        }
    }

    /// The same job with a new plan, or with the old one and why there can be no other.
    async fn plan_again(&self, spec: Spec) -> (Spec, Trouble) {
        let (jobs, old) = (self.clone(), spec.clone());
        let planned = tokio::task::spawn_blocking(move || {
            jobs.prepare(spec.id, spec.request, spec.selection)
        });
        match planned.await {
            Ok(Ok(spec)) => (spec, Trouble::default()),
            Ok(Err(error)) => (old, error.text().into()),
            Err(error) => (old, error.to_string().into()),
        }
    }

    /// Runs what is open of a job, until nothing is or it cannot go on. What was opened again by
    /// the user takes another run.
    async fn run_until_done(&self, spec: &Spec, inbox: mpsc::Receiver<RunOrder>, is_new: bool) {
        self.run_what_is_open(spec, inbox, is_new).await;
        let how = match self.state() {
            Some(JobState::Finished) => How::Finished,
            Some(JobState::Cancelled) if !self.desk().is_closed => How::Cancelled,
            _ => How::Interrupted,
        };
        spec.record.with(|journal| {
            journal.end(how);
            drop(journal.flush());
        });
    }

    async fn run_what_is_open(
        &self,
        spec: &Spec,
        mut inbox: mpsc::Receiver<RunOrder>,
        mut is_new: bool,
    ) {
        loop {
            // Orders for the run before.
            while inbox.try_recv().is_ok() {}
            while self.state() == Some(JobState::Paused) {
                if inbox.recv().await.is_none() {
                    return;
                }
            }
            self.take_over(spec, &mut inbox).await;
            let slots = if spec.fleet.is_ok() { 1 } else { spec.settings.slots as usize };
            let plan = self.0.live.with(|model, t| {
                let open = model.book(&spec.id).map(Book::open_places).unwrap_or_default();
                if open.is_empty() {
                    model.end_job(JobState::Finished, Trouble::default(), t);
                    return None;
                }
                if model.job().is_some_and(|job| job.state == JobState::Cancelling) {
                    model.end_job(JobState::Cancelled, Trouble::default(), t);
                    return None;
                }
                Some(open)
            });
            let Some(open) = plan else { return };
            let plan = if std::mem::take(&mut is_new) {
                Arc::clone(&spec.plan)
            } else {
                let wanted =
                    |image, variant| open.contains(&lote_engine::event::Place { image, variant });
                Arc::new(spec.plan.only(wanted, slots))
            };
            if let Err(error) = prepare_again(&plan).await {
                let error = Trouble::from(error);
                self.0.live.with(|model, t| model.end_job(JobState::Failed, error, t));
                return;
            }
            if let Err(error) = self.run(spec, &plan, &mut inbox).await {
                self.0.live.with(|model, t| model.end_job(JobState::Failed, error.into(), t));
                return;
            }
        }
    }

    fn state(&self) -> Option<JobState> {
        self.0.live.with(|model, _| model.job().map(|job| job.state))
    }

    /// One run of a plan.
    async fn run(
        &self,
        spec: &Spec,
        plan: &Arc<Plan>,
        inbox: &mut mpsc::Receiver<RunOrder>,
    ) -> Result<(), Text> {
        self.0.live.with(|model, _| model.begin_run(Arc::clone(plan)));
        let mut bus = Bus::new();
        let mut events = bus.listen();
        spec.record.begin(spec, plan);
        let (jobs, record, planned) = (self.clone(), spec.record.clone(), Arc::clone(plan));
        // On a thread of its own, so that no page can hold up the dispatch of tasks.
        let listener = tokio::task::spawn_blocking(move || {
            while let Some(event) = events.blocking_recv() {
                let mut happened = vec![event];
                happened.extend(std::iter::from_fn(|| events.try_recv().ok()));
                // On record before any page is told: a page that saw it made will find it so, even
                // if the server dies now. What the disk does not take now is kept.
                record.with(|journal| {
                    for event in &happened {
                        journal.event(event, &planned);
                    }
                    drop(journal.flush());
                });
                for event in &happened {
                    jobs.take_in(event);
                }
            }
        });
        let ended = match &spec.fleet {
            Ok(fleet) => run_elsewhere(&**fleet, spec, plan, &mut bus, inbox).await,
            Err(_) => run_here(spec, plan, &mut bus, inbox).await,
        };
        drop(bus);
        if listener.await.is_err() {
            tracing::error!("a defect in Lote: what happened could not be followed to its end");
        }
        ended
    }

    /// Takes a job that was left to the fleet away from it, with what it has made meanwhile.
    async fn take_over(&self, spec: &Spec, inbox: &mut mpsc::Receiver<RunOrder>) {
        let Ok(fleet) = &spec.fleet else { return };
        let Some(job) = spec.record.take_given() else { return };
        let Some(made) = fleet.take_over(&job, &spec.plan, inbox).await else {
            // It is asked again if the job is to go on.
            return spec.record.keep_given(job);
        };
        let open = self.0.live.with(|model, _| model.book(&spec.id).map(Book::open_places));
        let open = open.unwrap_or_default();
        spec.record.begin(spec, &spec.plan);
        for ended in made.into_iter().filter(|ended| open.contains(&ended.place)) {
            let event = Event::Output(ended);
            spec.record.with(|journal| {
                journal.event(&event, &spec.plan);
                drop(journal.flush());
            });
            self.take_in(&event);
        }
    }

    fn take_in(&self, event: &Event) {
        let (wants_proof, next) = self.0.live.with(|model, t| {
            model.event(event, t);
            (model.wants_proof(), model.pick_isolation_again())
        });
        if wants_proof {
            self.0.proofs.notify_one();
        }
        if let Some(worker) = next {
            // If the job ends instead, so does the test.
            drop(self.order_kill(worker));
        }
        match event {
            Event::Paused { needed_bytes, free_bytes } => {
                self.paused_for_space(*needed_bytes, *free_bytes);
            }
            Event::Resumed => self.space_is_back(),
            _ => {}
        }
    }

    /// The disk is full: the run waits by itself.
    fn paused_for_space(&self, needed_bytes: u64, free_bytes: u64) {
        self.0.live.with(|model, t| {
            let state = model.job().map(|job| job.state);
            if !matches!(state, Some(JobState::Starting | JobState::Running)) {
                return;
            }
            let pause = Pause::NoSpace { needed_bytes, free_bytes };
            model.set_state(JobState::Paused, Some(pause), t);
            let args = json!({ "needed_bytes": needed_bytes, "free_bytes": free_bytes });
            model.notice(Level::Error, "no_space", args, "the disk is full".into(), t);
        });
    }

    /// The run goes on, as a disk that was full has room again.
    fn space_is_back(&self) {
        self.0.live.with(|model, t| {
            let pause = model.job().and_then(|job| job.pause);
            if matches!(pause, Some(Pause::NoSpace { .. })) {
                model.set_state(JobState::Running, None, t);
            }
            let message = "there is room on the disk again".into();
            model.notice(Level::Info, "space_back", json!({}), message, t);
        });
    }
}

/// Has this machine make a plan; why it could not go on.
async fn run_here(
    spec: &Spec,
    plan: &Arc<Plan>,
    bus: &mut Bus,
    inbox: &mut mpsc::Receiver<RunOrder>,
) -> Result<(), Text> {
    match run::run(&**plan, &spec.settings, bus, inbox).await {
        Ok(Ended { no_workers: Some(reason), .. }) => Err(text!("no worker is left: {}", reason)),
        Ok(Ended { halted: Some(reason), .. }) => Err(reason),
        Ok(_) => Ok(()),
        Err(error) => Err(error.text()),
    }
}

/// Has a fleet make it.
async fn run_elsewhere(
    fleet: &dyn Fleet,
    spec: &Spec,
    plan: &Arc<Plan>,
    bus: &mut Bus,
    inbox: &mut mpsc::Receiver<RunOrder>,
) -> Result<(), Text> {
    let header = spec.header().map_err(|error| Text::from(error.to_string()))?;
    let asked = Asked { plan, header: &header, settings: &spec.settings };
    let given = |job: &lote_engine::journal::FleetJob| spec.record.give(job);
    let is_left = fleet.run(asked, &given, bus, inbox).await?;
    if !is_left {
        drop(spec.record.take_given());
    }
    Ok(())
}

/// Makes the folders of a plan that is to be run, once more: whoever goes on with a job may have
/// lost them.
async fn prepare_again(plan: &Arc<Plan>) -> Result<(), Text> {
    let plan = Arc::clone(plan);
    let prepared = tokio::task::spawn_blocking(move || plan::prepare(&plan));
    let prepared = prepared.await.map_err(|error| Text::from(error.to_string()))?;
    prepared.map_err(|error| error.text())
}

impl Todo {
    fn kind(&self) -> WorkKind {
        match self {
            Self::Job(spec) => WorkKind::Job(spec.id.clone()),
            Self::Again(spec) => WorkKind::Job(spec.id.clone()),
            Self::Compare(_) => WorkKind::Compare,
            Self::Forecast(_) => WorkKind::Forecast,
        }
    }
}
