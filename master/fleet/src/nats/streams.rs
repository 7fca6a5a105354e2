//! What the server keeps for Lote: three streams, a consumer for each pool and build, and how their subjects
//! are called.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config as Reader;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer};
use async_nats::jetstream::context::{CreateStreamError, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};

use super::{Nats, causes};
use crate::engine::{Error, Subject};
use crate::message::{Job, Message, Parcel, Record};
use crate::names::{Build, FleetName, JobId, ParcelId};

pub(super) const WORK: &str = "LOTE_WORK";
pub(super) const DONE: &str = "LOTE_DONE";
pub(super) const JOBS: &str = "LOTE_JOBS";

/// A parcel that nobody has spoken of for so long is handed out again.
pub(super) const ACK_WAIT: Duration = Duration::from_secs(30);

/// Parcels in hand of all agents, and pulls that wait: the defaults are 1,000 and 512.
const MAX_IN_HAND: i64 = 50_000;
const MAX_PULLS: i64 = 8_192;

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) fn work_subject(
    pool: &FleetName,
    build: &Build,
    job: JobId,
    parcel: ParcelId,
) -> String {
    format!("lote.work.{pool}.{build}.{job}.{parcel}")
}

pub(super) fn done_subject(job: JobId, parcel: ParcelId) -> String {
    format!("lote.done.{job}.{parcel}")
}

pub(super) fn marks_subject(job: JobId, parcel: ParcelId) -> String {
    format!("lote.done.{job}.{parcel}.marks")
}

pub(super) fn consumer_name(pool: &FleetName, build: &Build) -> String {
    format!("work-{pool}-{build}")
}

impl Subject {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Here(pool, agent) => format!("lote.here.{pool}.{agent}"),
            Self::AllHere(Some(pool)) => format!("lote.here.{pool}.*"),
            Self::AllHere(None) => "lote.here.>".to_owned(),
            Self::Live(job, agent) => format!("lote.live.{job}.{agent}"),
            Self::AllLive(job) => format!("lote.live.{job}.*"),
            Self::Control(agent) => format!("lote.ctl.{agent}"),
            Self::Who(pool) => format!("lote.who.{pool}"),
            Self::Reply(inbox) => inbox.clone(),
        }
    }
}

/// The streams that jobs need, largest size aside.
pub(super) fn streams() -> [Config; 3] {
    let stream = |name: &str, subjects: &str, message_bytes: usize| Config {
        name: name.to_owned(),
        subjects: vec![subjects.to_owned()],
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        max_message_size: message_bytes as i32,
        // The least that servers take.
        duplicate_window: Duration::from_millis(100),
        num_replicas: 1,
        ..Config::default()
    };
    [
        Config {
            retention: RetentionPolicy::WorkQueue,
            max_bytes: 4 << 30,
            ..stream(WORK, "lote.work.>", Parcel::MAX_BYTES)
        },
        Config {
            max_bytes: 8 << 30,
            max_age: MONTH,
            allow_direct: true,
            ..stream(DONE, "lote.done.>", Record::MAX_BYTES)
        },
        Config {
            max_bytes: 256 << 20,
            max_age: MONTH,
            allow_direct: true,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::Old,
            ..stream(JOBS, "lote.job.*", Job::MAX_BYTES)
        },
    ]
}

/// The consumer that agents of a pool and build pull from.
pub(super) fn consumer(pool: &FleetName, build: &Build) -> Reader {
    Reader {
        durable_name: Some(consumer_name(pool, build)),
        filter_subject: format!("lote.work.{pool}.{build}.>"),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_deliver: -1,
        max_ack_pending: MAX_IN_HAND,
        max_waiting: MAX_PULLS,
        deliver_policy: DeliverPolicy::All,
        ..Reader::default()
    }
}

/// Compares a field of what is there with what is needed.
fn same<T: PartialEq + std::fmt::Debug>(
    stream: &str,
    what: &'static str,
    found: &T,
    wanted: &T,
) -> Result<(), Error> {
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (format!("{found:?}"), format!("{wanted:?}"));
    Err(Error::Different { stream: stream.to_owned(), what, found, wanted })
}

impl Nats {
    /// Makes a stream, or compares the one that is there. A disk may be smaller than what is set aside.
    pub(super) async fn open_stream(&self, wanted: &Config) -> Result<(), Error> {
        let stream = match self.stream.get_stream(&wanted.name).await {
            Ok(stream) => stream,
            Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(_)) => {
                let mut config = wanted.clone();
                loop {
                    match self.stream.get_or_create_stream(config.clone()).await {
                        Ok(stream) => break stream,
                        Err(error) if is_too_large(&error) && config.max_bytes > 16 << 20 => {
                            config.max_bytes /= 4;
                        }
                        Err(error) => return Err(self.away(causes(&error))),
                    }
                }
            }
            Err(error) => return Err(self.away(causes(&error))),
        };
        let found = &stream.cached_info().config;
        let name = &wanted.name;
        same(name, "subjects", &found.subjects, &wanted.subjects)?;
        same(name, "retention", &found.retention, &wanted.retention)?;
        same(name, "discard", &found.discard, &wanted.discard)?;
        same(name, "max_age", &found.max_age, &wanted.max_age)?;
        same(name, "max_msg_size", &found.max_message_size, &wanted.max_message_size)?;
        same(name, "allow_direct", &found.allow_direct, &wanted.allow_direct)
    }

    pub(super) async fn open_consumer(&self, wanted: Reader) -> Result<PullConsumer, Error> {
        let name = wanted.durable_name.clone().unwrap_or_default();
        let stream = self.stream.get_stream_no_info(WORK).await;
        let stream = stream.map_err(|error| self.away(causes(&error)))?;
        let consumer = stream.get_or_create_consumer(&name, wanted.clone()).await;
        let consumer: PullConsumer = consumer.map_err(|error| self.away(causes(&error)))?;
        let found = &consumer.cached_info().config;
        same(&name, "filter_subject", &found.filter_subject, &wanted.filter_subject)?;
        same(&name, "ack_policy", &found.ack_policy, &wanted.ack_policy)?;
        same(&name, "ack_wait", &found.ack_wait, &wanted.ack_wait)?;
        same(&name, "max_deliver", &found.max_deliver, &wanted.max_deliver)?;
        same(&name, "max_ack_pending", &found.max_ack_pending, &wanted.max_ack_pending)?;
        same(&name, "max_waiting", &found.max_waiting, &wanted.max_waiting)?;
        Ok(consumer)
    }
}

fn is_too_large(error: &CreateStreamError) -> bool {
    // "insufficient storage resources available", "insufficient resources"
    causes(error).to_string().contains("insufficient")
}
