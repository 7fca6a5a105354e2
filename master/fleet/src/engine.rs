//! What is asked of the engine that stands between submitters and agents: a queue that may forget
//! everything.
//!
//! Seven verbs for what it stores: `publish`, `pull`, `settle`, `record`, `records`, `purge`, `facts`;
//! a few for the papers of jobs, and three for what nobody stores: `say`, `hear`, `ask`. Nobody waits
//! for an empty queue, and nothing is believed to be stored that could not be made again.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use lote_protocol::lang::Text;
use lote_protocol::text;
use tokio::sync::{mpsc, watch};

use crate::message::MessageError;
use crate::names::{Build, FleetName, JobId, ParcelId};

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, or has not answered in time: to be tried again.
    Away(Text),
    /// A stream or consumer is not there (any more).
    Missing(String),
    /// It does not let this user do that.
    Denied(Text),
    /// It is set up in another way than this program needs.
    Different {
        /// The stream or consumer.
        stream: String,
        /// The field.
        what: &'static str,
        /// What the server has.
        found: String,
        /// What is needed.
        wanted: String,
    },
    /// What was to be sent cannot be sent.
    Message(#[from] MessageError),
    /// The address, the user or a certificate cannot be used.
    Address(Text),
    /// A task of our own broke off.
    Defect(String),
}

impl Error {
    /// What is wrong, one line.
    pub fn text(&self) -> Text {
        match self {
            Self::Away(why) | Self::Address(why) => why.clone(),
            Self::Missing(what) => text!("the fleet's store has no {}", what),
            Self::Denied(why) => text!("the fleet's server does not allow it: {}", why.clone()),
            Self::Different { stream, what, found, wanted } => text!(
                "{} of {} is {} on the fleet's server, and should be {}",
                *what,
                stream,
                found,
                wanted
            ),
            Self::Message(error) => error.to_string().into(),
            Self::Defect(what) => text!("defect in Lote: {}", what),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// A parcel that an agent has been handed.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its job.
    pub job: JobId,
    /// Its name.
    pub parcel: ParcelId,
    /// How often it has been handed out, from 1.
    pub times: u32,
    /// What it says.
    pub bytes: Vec<u8>,
    /// What the engine needs to settle it.
    pub receipt: String,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// It is on record: never hand it out again. Waits for the answer.
    Done,
    /// Hand it to somebody else.
    Back,
    /// Hand it out again in a minute.
    Later,
    /// Not before half a minute from now. Nobody waits for an answer.
    Working,
}

/// What the engine's store says of itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Facts {
    /// When the streams of work and of records were made, as the engine writes it.
    pub created: (String, String),
    /// The last sequences in them.
    pub last: (u64, u64),
    /// Parcels that wait, of all jobs of the pool and build.
    pub waiting: u64,
    /// Parcels that agents have in hand.
    pub in_hand: u64,
}

/// A record, or what stands in its place.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its place in the stream.
    pub sequence: u64,
    /// The parcel.
    pub parcel: ParcelId,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Something that was said.
#[derive(Debug)]
pub struct Heard {
    /// The last part of the subject.
    pub about: String,
    /// What was said.
    pub bytes: Vec<u8>,
    /// Where an answer goes, if one is expected.
    pub reply: Option<String>,
}

/// What is said without being stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// That an agent is there: pool and agent.
    Here(FleetName, FleetName),
    /// All agents of a pool, or of all pools.
    AllHere(Option<FleetName>),
    /// What an agent's workers do: job and agent.
    Live(JobId, FleetName),
    /// That of all agents of a job.
    AllLive(JobId),
    /// Orders to an agent.
    Control(FleetName),
    /// Who is there, in a pool.
    Who(FleetName),
    /// An answer.
    Reply(String),
}

/// An engine.
pub trait Engine: Clone + Send + Sync + 'static {
    /// Sees to it that what jobs of that pool and build need is there and set up rightly: submitters do
    /// this, agents wait for it.
    fn open(
        &self,
        pool: &FleetName,
        build: &Build,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Puts a job's paper in the place of an earlier one.
    fn put_job(&self, job: JobId, bytes: Vec<u8>)
    -> impl Future<Output = Result<(), Error>> + Send;

    /// A job's paper.
    fn job(&self, job: JobId) -> impl Future<Output = Result<Option<Vec<u8>>, Error>> + Send;

    /// All papers.
    fn jobs(&self) -> impl Future<Output = Result<Vec<Vec<u8>>, Error>> + Send;

    /// Queues a parcel, unless it is in the queue; the place in the stream, if it was not.
    fn publish(
        &self,
        pool: &FleetName,
        build: &Build,
        job: JobId,
        parcel: ParcelId,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<Option<u64>, Error>> + Send;

    /// Up to so many parcels that wait; one if they come later, none after some seconds.
    fn pull(
        &self,
        pool: &FleetName,
        build: &Build,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, Error>> + Send;

    /// Says what becomes of a delivery.
    fn settle(
        &self,
        delivery: &Delivery,
        settle: Settle,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Puts a parcel on record, unless it is; whether it was not.
    fn record(
        &self,
        job: JobId,
        parcel: ParcelId,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Whether a parcel is on record.
    fn is_recorded(
        &self,
        job: JobId,
        parcel: ParcelId,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// A job's records from a place on, in order: those that are there, or one that comes in that time.
    fn records(
        &self,
        job: JobId,
        from: u64,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Recorded>, Error>> + Send;

    /// Remembers marks of a parcel in the place of earlier ones.
    fn mark(
        &self,
        job: JobId,
        parcel: ParcelId,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The last marks of a parcel.
    fn marks(
        &self,
        job: JobId,
        parcel: ParcelId,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Error>> + Send;

    /// Takes all parcels of a job out of the queue.
    fn purge(&self, job: JobId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Forgets all records of a job.
    fn forget(&self, job: JobId) -> impl Future<Output = Result<(), Error>> + Send;

    /// What the store says of itself.
    fn facts(
        &self,
        pool: &FleetName,
        build: &Build,
    ) -> impl Future<Output = Result<Facts, Error>> + Send;

    /// Says something to whoever hears it.
    fn say(
        &self,
        subject: &Subject,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// How often it was reached anew: it may have forgotten something meanwhile.
    fn connections(&self) -> watch::Receiver<u64>;

    /// What is said, from now on.
    fn hear(
        &self,
        subject: &Subject,
    ) -> impl Future<Output = Result<mpsc::Receiver<Heard>, Error>> + Send;

    /// All answers that come in that time.
    fn ask(
        &self,
        subject: &Subject,
        bytes: Vec<u8>,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, Error>> + Send;
}
