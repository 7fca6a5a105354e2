//! NATS (`JetStream`) as the engine: the only folder that names its client.
//!
//! Three streams: work (a queue), records, papers of jobs, and nothing else is stored. No iterator is kept
//! open: every question has an end of its own, as pulls are lost with connections and watchers go silent.
//! There are no message ids, as those hide what is published again: what is there once is known by its
//! subject (`Nats-Expected-Last-Subject-Sequence: 0`).

mod connect;
mod streams;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config as Reader;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer};
use async_nats::jetstream::context::{
    ConsumerInfoErrorKind, Context, GetStreamError, GetStreamErrorKind, PublishErrorKind,
};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{ConsumerErrorKind, DirectGetErrorKind};
use async_nats::{Client, jetstream};
use futures_util::StreamExt;
use lote_protocol::lang::{Text, reason};
use lote_protocol::text;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use self::streams::{
    ACK_WAIT, DONE, JOBS, WORK, consumer, consumer_name, done_subject, marks_subject, streams,
    work_subject,
};
use crate::engine::{Delivery, Engine, Error, Facts, Heard, Recorded, Settle, Subject};
use crate::names::{Build, FleetName, JobId, ParcelId};

pub use self::connect::{Server, connect};

/// An answer that has not come by then will not come.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a pull waits in the server for work.
const WAIT_FOR_WORK: Duration = Duration::from_secs(10);

/// That a parcel is to be handed out again in a minute, ns.
const LATER: &str = r#"-NAK {"delay": 60000000000}"#;

/// Records that are read at a time.
const RECORDS: usize = 256;

/// A connection, which comes back by itself.
#[derive(Debug, Clone)]
pub struct Nats {
    client: Client,
    stream: Context,
    host: String,
    /// What the server last refused: it gives no answer to the one who asked.
    refused: watch::Sender<String>,
    /// How often it was connected again: what was asked before is not answered.
    connected: watch::Sender<u64>,
    consumers: Arc<Mutex<HashMap<String, PullConsumer>>>,
    readers: Arc<Mutex<HashMap<JobId, Reading>>>,
}

/// A job's records as they are being read.
#[derive(Debug, Clone)]
struct Reading {
    consumer: PullConsumer,
    /// The place that is read next, and the number that the consumer gives to what it hands out next.
    next: (u64, u64),
}

/// A failure with its causes, one line; what the system says, without the rest, where that is one.
fn causes(error: &(dyn std::error::Error + 'static)) -> Text {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(system) = error.downcast_ref::<std::io::Error>()
            && system.raw_os_error().is_some()
        {
            return reason(system);
        }
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace('\n', " ").into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Nats {
    /// The host, for people.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Asks the server something that is none of the engine's verbs, as tests of what it allows do.
    #[doc(hidden)]
    pub async fn raw(&self, subject: &str, payload: &str) -> Result<Vec<u8>, Error> {
        let (subject, payload) = (subject.to_owned(), payload.to_owned());
        self.within(PATIENCE * 2, async {
            let answer = self.client.request(subject, payload.into()).await;
            let answer = answer.map_err(|error| self.away(causes(&error)))?;
            Ok(answer.payload.to_vec())
        })
        .await
    }

    /// Waits for an answer, but not for ever, and not if the connection is a new one; a refusal is no answer,
    /// and is known by its event.
    async fn within<T>(
        &self,
        patience: Duration,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (mut refused, mut connected) = (self.refused.subscribe(), self.connected.subscribe());
        tokio::select! {
            answer = timeout(patience, answer) => {
                answer.unwrap_or_else(|_| Err(self.away(text!("no answer"))))
            }
            Ok(()) = refused.changed() => Err(Error::Denied(refused.borrow().clone().into())),
            Ok(()) = connected.changed() => Err(self.away(text!("no answer"))),
        }
    }

    fn away(&self, why: impl Into<Text>) -> Error {
        Error::Away(text!("{}: {}", self.host.clone(), why.into()))
    }

    /// The consumer of that name, which submitters make.
    async fn consumer(&self, name: &str) -> Result<PullConsumer, Error> {
        if let Some(consumer) = lock(&self.consumers).get(name) {
            return Ok(consumer.clone());
        }
        let consumer = self.stream.get_consumer_from_stream(name, WORK).await;
        let consumer: PullConsumer = consumer.map_err(|error| match error.kind() {
            ConsumerErrorKind::JetStream(_) => Error::Missing(format!("consumer {name}")),
            _ => self.away(causes(&error)),
        })?;
        lock(&self.consumers).insert(name.to_owned(), consumer.clone());
        Ok(consumer)
    }

    /// What is there, or else the first that comes in that time.
    async fn fetch(
        &self,
        consumer: &PullConsumer,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<jetstream::Message>, Error> {
        // With a time to expire the server would wait for so long if there is none.
        let batch = consumer.fetch().max_messages(most).messages();
        let mut batch = batch.await.map_err(|error| self.away(causes(&error)))?;
        let mut messages = Vec::new();
        while let Some(message) = batch.next().await {
            messages.push(message.map_err(|error| self.away(error.to_string()))?);
        }
        if messages.is_empty() && !wait.is_zero() {
            let batch = consumer.batch().max_messages(1).expires(wait).messages();
            let mut batch = batch.await.map_err(|error| self.away(causes(&error)))?;
            if let Some(message) = batch.next().await {
                messages.push(message.map_err(|error| self.away(error.to_string()))?);
            }
        }
        Ok(messages)
    }

    /// Publishes what is there at most once; its place, if it was not there.
    async fn publish_once(&self, subject: String, bytes: Vec<u8>) -> Result<Option<u64>, Error> {
        let message = PublishMessage::build().payload(bytes.into());
        let message = message.expected_last_subject_sequence(0);
        self.within(PATIENCE, async {
            let sent = self.stream.send_publish(subject, message).await;
            let answer = match sent {
                Ok(answer) => answer.await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => Ok(Some(answer.sequence)),
                Err(error) => match error.kind() {
                    PublishErrorKind::WrongLastSequence => Ok(None),
                    PublishErrorKind::StreamNotFound => Err(Error::Missing("stream".to_owned())),
                    _ => Err(self.away(causes(&error))),
                },
            }
        })
        .await
    }

    /// The last message of a subject.
    async fn last(&self, stream: &str, subject: String) -> Result<Option<Vec<u8>>, Error> {
        self.within(PATIENCE, async {
            let stream = self.stream.get_stream_no_info(stream).await;
            let stream = stream.map_err(|error| self.away(causes(&error)))?;
            match stream.direct_get_last_for_subject(subject).await {
                Ok(message) => Ok(Some(message.payload.to_vec())),
                Err(error) => match error.kind() {
                    DirectGetErrorKind::NotFound => Ok(None),
                    _ => Err(self.away(causes(&error))),
                },
            }
        })
        .await
    }

    async fn empty(&self, stream: &str, subject: String) -> Result<(), Error> {
        self.within(PATIENCE * 4, async {
            let stream = self.stream.get_stream_no_info(stream).await;
            let stream = stream.map_err(|error| self.away(causes(&error)))?;
            let purged = stream.purge().filter(subject).await;
            purged.map(drop).map_err(|error| self.away(causes(&error)))
        })
        .await
    }

    /// A reader of a job's records from that place on: the one that is there already if it goes on there.
    async fn reader(&self, job: JobId, from: u64) -> Result<Reading, Error> {
        if let Some(reading) = lock(&self.readers).remove(&job)
            && reading.next.0 == from
        {
            return Ok(reading);
        }
        let policy = DeliverPolicy::ByStartSequence { start_sequence: from.max(1) };
        let consumer = self.temporary(DONE, format!("lote.done.{job}.*"), policy).await?;
        Ok(Reading { consumer, next: (from, 1) })
    }

    /// A consumer that goes by itself.
    async fn temporary(
        &self,
        stream: &str,
        filter_subject: String,
        deliver_policy: DeliverPolicy,
    ) -> Result<PullConsumer, Error> {
        let config = Reader {
            deliver_policy,
            filter_subject,
            ack_policy: AckPolicy::None,
            inactive_threshold: ACK_WAIT,
            memory_storage: true,
            ..Reader::default()
        };
        let stream = self.stream.get_stream_no_info(stream).await;
        let stream = stream.map_err(|error| self.away(causes(&error)))?;
        stream.create_consumer(config).await.map_err(|error| self.away(causes(&error)))
    }
}

impl Engine for Nats {
    async fn open(&self, pool: &FleetName, build: &Build) -> Result<(), Error> {
        self.within(PATIENCE * 4, async {
            for stream in streams() {
                self.open_stream(&stream).await?;
            }
            let opened = self.open_consumer(consumer(pool, build)).await?;
            lock(&self.consumers).insert(consumer_name(pool, build), opened);
            Ok(())
        })
        .await
    }

    async fn put_job(&self, job: JobId, bytes: Vec<u8>) -> Result<(), Error> {
        self.within(PATIENCE, async {
            let sent = self.stream.publish(format!("lote.job.{job}"), bytes.into()).await;
            let sent = sent.map_err(|error| self.away(causes(&error)))?;
            match sent.await {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == PublishErrorKind::StreamNotFound => {
                    Err(Error::Missing(format!("stream {JOBS}")))
                }
                Err(error) => Err(self.away(causes(&error))),
            }
        })
        .await
    }

    async fn job(&self, job: JobId) -> Result<Option<Vec<u8>>, Error> {
        self.last(JOBS, format!("lote.job.{job}")).await
    }

    async fn jobs(&self) -> Result<Vec<Vec<u8>>, Error> {
        self.within(PATIENCE * 4, async {
            if let Err(error) = self.stream.get_stream(JOBS).await
                && matches!(error.kind(), GetStreamErrorKind::JetStream(_))
            {
                return Ok(Vec::new());
            }
            let policy = DeliverPolicy::LastPerSubject;
            let consumer = self.temporary(JOBS, "lote.job.*".to_owned(), policy).await?;
            let mut jobs = Vec::new();
            loop {
                let messages = self.fetch(&consumer, RECORDS, Duration::ZERO).await?;
                if messages.is_empty() {
                    return Ok(jobs);
                }
                jobs.extend(messages.into_iter().map(|message| message.payload.to_vec()));
            }
        })
        .await
    }

    async fn publish(
        &self,
        pool: &FleetName,
        build: &Build,
        job: JobId,
        parcel: ParcelId,
        bytes: Vec<u8>,
    ) -> Result<Option<u64>, Error> {
        self.publish_once(work_subject(pool, build, job, parcel), bytes).await
    }

    async fn pull(
        &self,
        pool: &FleetName,
        build: &Build,
        most: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let name = consumer_name(pool, build);
        let patience = WAIT_FOR_WORK + PATIENCE * 2;
        let pulled = self.within(patience, async {
            let consumer = self.consumer(&name).await?;
            self.fetch(&consumer, most, WAIT_FOR_WORK).await
        });
        let messages = pulled.await.inspect_err(|_| {
            lock(&self.consumers).remove(&name);
        })?;
        Ok(messages.iter().filter_map(delivery).collect())
    }

    async fn settle(&self, delivery: &Delivery, settle: Settle) -> Result<(), Error> {
        self.within(PATIENCE, async {
            let subject = delivery.receipt.clone();
            let say = |word: &'static str| self.client.publish(subject.clone(), word.into());
            match settle {
                Settle::Done => {
                    let answer = self.client.request(subject.clone(), "+ACK".into()).await;
                    answer.map(drop).map_err(|error| self.away(causes(&error)))
                }
                Settle::Later => say(LATER).await.map_err(|error| self.away(causes(&error))),
                Settle::Back => say("-NAK").await.map_err(|error| self.away(causes(&error))),
                Settle::Working => say("+WPI").await.map_err(|error| self.away(causes(&error))),
            }
        })
        .await
    }

    async fn record(&self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) -> Result<bool, Error> {
        Ok(self.publish_once(done_subject(job, parcel), bytes).await?.is_some())
    }

    async fn is_recorded(&self, job: JobId, parcel: ParcelId) -> Result<bool, Error> {
        Ok(self.last(DONE, done_subject(job, parcel)).await?.is_some())
    }

    async fn records(&self, job: JobId, from: u64, wait: Duration) -> Result<Vec<Recorded>, Error> {
        self.within(PATIENCE * 2 + wait, async {
            let mut reading = self.reader(job, from).await?;
            let messages = self.fetch(&reading.consumer, RECORDS, wait).await?;
            let mut records = Vec::new();
            for message in messages {
                let info = message.info().map_err(|error| self.away(error.to_string()))?;
                let (place, number) = (info.stream_sequence, info.consumer_sequence);
                if number != reading.next.1 {
                    // Something was lost on its way: it is read again, by another consumer.
                    break;
                }
                reading.next = (place + 1, number + 1);
                let parcel = message.subject.rsplit('.').next().and_then(|name| name.parse().ok());
                let Some(parcel) = parcel else { continue };
                let bytes = message.payload.to_vec();
                records.push(Recorded { sequence: place, parcel, bytes });
            }
            let next = reading.next.0;
            if records.last().is_none_or(|last| last.sequence + 1 == next) {
                lock(&self.readers).insert(job, reading);
            }
            Ok(records)
        })
        .await
    }

    async fn mark(&self, job: JobId, parcel: ParcelId, bytes: Vec<u8>) -> Result<(), Error> {
        self.within(PATIENCE, async {
            let sent = self.stream.publish(marks_subject(job, parcel), bytes.into()).await;
            let sent = sent.map_err(|error| self.away(causes(&error)))?;
            sent.await.map(drop).map_err(|error| self.away(causes(&error)))
        })
        .await
    }

    async fn marks(&self, job: JobId, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
        self.last(DONE, marks_subject(job, parcel)).await
    }

    async fn purge(&self, job: JobId) -> Result<(), Error> {
        self.empty(WORK, format!("lote.work.*.*.{job}.>")).await
    }

    async fn forget(&self, job: JobId) -> Result<(), Error> {
        lock(&self.readers).remove(&job);
        self.empty(DONE, format!("lote.done.{job}.>")).await
    }

    async fn facts(&self, pool: &FleetName, build: &Build) -> Result<Facts, Error> {
        self.within(PATIENCE * 2, async {
            // Silence is no answer, and not that something is missing.
            let gone = |error: GetStreamError| match error.kind() {
                GetStreamErrorKind::JetStream(_) => Error::Missing("stream".to_owned()),
                _ => self.away(causes(&error)),
            };
            let work = self.stream.get_stream(WORK).await.map_err(gone)?;
            let done = self.stream.get_stream(DONE).await.map_err(gone)?;
            let name = consumer_name(pool, build);
            let consumer = work.consumer_info(&name).await.map_err(|error| match error.kind() {
                ConsumerInfoErrorKind::NotFound
                | ConsumerInfoErrorKind::StreamNotFound
                | ConsumerInfoErrorKind::JetStream(_) => Error::Missing(format!("consumer {name}")),
                _ => self.away(causes(&error)),
            })?;
            let (work, done) = (work.cached_info(), done.cached_info());
            Ok(Facts {
                created: (format!("{:?}", work.created), format!("{:?}", done.created)),
                last: (work.state.last_sequence, done.state.last_sequence),
                waiting: consumer.num_pending,
                in_hand: consumer.num_ack_pending as u64,
            })
        })
        .await
    }

    async fn say(&self, subject: &Subject, bytes: Vec<u8>) -> Result<(), Error> {
        self.within(PATIENCE, async {
            let said = self.client.publish(subject.text(), bytes.into()).await;
            said.map_err(|error| self.away(causes(&error)))?;
            self.client.flush().await.map_err(|error| self.away(causes(&error)))
        })
        .await
    }

    fn connections(&self) -> watch::Receiver<u64> {
        self.connected.subscribe()
    }

    async fn hear(&self, subject: &Subject) -> Result<mpsc::Receiver<Heard>, Error> {
        let heard = self.client.subscribe(subject.text()).await;
        let mut heard = heard.map_err(|error| self.away(causes(&error)))?;
        let (sender, receiver) = mpsc::channel(1024);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    message = heard.next() => {
                        let Some(message) = message else { return };
                        let about = message.subject.rsplit('.').next().unwrap_or_default();
                        let (about, bytes) = (about.to_owned(), message.payload.to_vec());
                        let reply = message.reply.map(|reply| reply.to_string());
                        // What comes too fast is missed; it is said again.
                        let _ = sender.try_send(Heard { about, bytes, reply });
                    }
                    () = sender.closed() => return,
                }
            }
        });
        Ok(receiver)
    }

    async fn ask(
        &self,
        subject: &Subject,
        bytes: Vec<u8>,
        wait: Duration,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let end = tokio::time::Instant::now() + wait;
        let inbox = self.client.new_inbox();
        let answers = self.client.subscribe(inbox.clone()).await;
        let mut answers = answers.map_err(|error| self.away(causes(&error)))?;
        let asked = self.client.publish_with_reply(subject.text(), inbox, bytes.into()).await;
        asked.map_err(|error| self.away(causes(&error)))?;
        let mut all = Vec::new();
        loop {
            tokio::select! {
                answer = answers.next() => match answer {
                    Some(answer) if answer.status.is_none() => all.push(answer.payload.to_vec()),
                    Some(_) => {}
                    None => return Ok(all),
                },
                () = sleep_until(end) => return Ok(all),
            }
        }
    }
}

/// What a message of the queue is; `None` if its subject is not of the form that Lote gives.
fn delivery(message: &jetstream::Message) -> Option<Delivery> {
    let mut parts = message.subject.rsplit('.');
    let (parcel, job) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let times = message.info().ok()?.delivered.try_into().unwrap_or(u32::MAX);
    let receipt = message.reply.as_ref()?.to_string();
    Some(Delivery { job, parcel, times, bytes: message.payload.to_vec(), receipt })
}
