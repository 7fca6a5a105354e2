//! What a job will take, for pages that ask before they begin it.

use tokio::sync::{mpsc, oneshot};

use super::request::JobRequest;
use super::{JobError, Jobs, Todo};
use crate::images::Selection;
use crate::redact;
use lote_engine::event::Bus;
use lote_engine::forecast::{Forecast, Sample};
use lote_engine::lang::Text;
use lote_engine::lang::reason;
use lote_engine::plan::{self, Plan};
use lote_engine::report;
use lote_engine::run::{self, RunOrder, Settings};
use lote_protocol::text;

/// A forecast that somebody waits for.
#[derive(Debug)]
pub(super) struct AskedForecast {
    plan: Plan,
    sample: Sample,
    settings: Settings,
    answer: oneshot::Sender<Result<Forecast, JobError>>,
}

impl Jobs {
    /// Makes some of a job's images and tells what all will take. A job that begins meanwhile, or
    /// that nobody waits any more, ends it.
    pub async fn forecast(&self, request: JobRequest) -> Result<Forecast, JobError> {
        request.check(self.0.config.max_workers)?;
        let selection = self.0.images.selection().ok_or(JobError::NoImages)?;
        let (answer, answered) = oneshot::channel();
        let jobs = self.clone();
        let asked =
            tokio::task::spawn_blocking(move || jobs.plan_forecast(&request, &selection, answer));
        let asked = asked.await.map_err(|error| JobError::Internal(error.to_string().into()))??;
        {
            let mut desk = self.desk();
            if desk.is_busy() || desk.is_closed {
                return Err(JobError::not_now("busy", text!("a job is at work")));
            }
            desk.waiting.push_back(Todo::Forecast(Box::new(asked)));
            self.0.news.notify_one();
        }
        let overtaken = |_| JobError::not_now("busy", text!("a job has begun meanwhile"));
        answered.await.map_err(overtaken)?
    }

    /// Blocks.
    fn plan_forecast(
        &self,
        request: &JobRequest,
        selection: &Selection,
        answer: oneshot::Sender<Result<Forecast, JobError>>,
    ) -> Result<AskedForecast, JobError> {
        let plan = self.plan_of(request, selection)?;
        let slots = request.workers as usize;
        let sample = Sample::new(&plan, slots).map_err(|error| {
            JobError::Internal(text!("no folder for the sample: {}", reason(&error)))
        })?;
        plan::prepare(sample.plan())?;
        let settings = Settings {
            mode: request.mode,
            slots: request.workers,
            ..self.0.config.settings.clone()
        };
        Ok(AskedForecast { plan, sample, settings, answer })
    }

    /// Does what it takes, on the main thread.
    pub(super) async fn run_forecast(
        &self,
        asked: AskedForecast,
        mut inbox: mpsc::Receiver<RunOrder>,
    ) {
        let AskedForecast { plan, sample, settings, mut answer } = asked;
        if answer.is_closed() || self.desk().is_busy() {
            return;
        }
        let mut bus = Bus::new();
        let Ok(shown) = report::listen(bus.listen(), sample.reporter()) else { return };
        let (orders, mut ordered) = mpsc::channel(4);
        let mut is_wanted = true;
        let ended = {
            let run = run::run(sample.plan(), &settings, &mut bus, &mut ordered);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    ended = &mut run => break ended,
                    () = answer.closed(), if is_wanted => {
                        is_wanted = false;
                        // If it is just ending, nobody takes the order.
                        let _ = orders.try_send(RunOrder::Abort);
                    }
                    Some(order) = inbox.recv() => drop(orders.try_send(order)),
                }
            }
        };
        drop(bus);
        let followed = tokio::task::spawn_blocking(move || shown.join().is_ok()).await;
        let failed = |why: Text| Err(JobError::Internal(why.map(redact::text)));
        let result = match ended {
            Ok(ended) if ended.cancelled => return,
            Ok(ended) => match ended.no_workers.or(ended.halted) {
                Some(why) => failed(why),
                None if !followed.unwrap_or(false) => {
                    failed(text!("defect in Lote: {}", "a report broke off"))
                }
                None => Ok(sample.forecast(&plan, &ended.summary)),
            },
            Err(error) => failed(error.text()),
        };
        // Who has asked may have left.
        let _ = answer.send(result);
    }
}
