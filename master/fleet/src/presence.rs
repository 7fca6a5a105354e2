//! Who is there, and what agents are told.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::{Engine, Error, Subject};
use crate::message::{Control, Here, Job, Message, State, Who};
use crate::names::{FleetName, JobId};

/// How often an agent says that it is there.
pub const EVERY: Duration = Duration::from_secs(5);

/// One that has said nothing for so long is lost.
pub const LOST_AFTER: Duration = Duration::from_secs(16);

/// Agents that have not let go of a job by then do not hear that it is over.
const LET_GO: Duration = Duration::from_secs(10);

/// The agents of a pool that answer in that time, by name.
pub async fn who<E: Engine>(
    engine: &E,
    pool: &FleetName,
    wait: Duration,
) -> Result<Vec<Here>, Error> {
    let asked = engine.ask(&Subject::Who(pool.clone()), Who {}.to_bytes()?, wait).await?;
    let mut here: Vec<Here> =
        asked.iter().filter_map(|bytes| Here::from_bytes(bytes).ok()).collect();
    here.sort_by(|one, other| one.agent.cmp(&other.agent));
    here.dedup_by(|one, other| one.agent == other.agent);
    Ok(here)
}

/// Tells an agent what to do.
pub async fn tell<E: Engine>(engine: &E, agent: &FleetName, control: Control) -> Result<(), Error> {
    engine.say(&Subject::Control(agent.clone()), control.to_bytes()?).await
}

/// All jobs that the engine knows, the latest first. What cannot be read is left out.
pub async fn jobs<E: Engine>(engine: &E) -> Result<Vec<Job>, Error> {
    let papers = engine.jobs().await?;
    let mut jobs: Vec<_> = papers.iter().filter_map(|bytes| Job::from_bytes(bytes).ok()).collect();
    jobs.sort_by_key(|job: &Job| std::cmp::Reverse(job.job));
    Ok(jobs)
}

/// Cancels a job: its parcels leave the queue, and agents that have some let them go. `false` if there is
/// no such job, or it is over.
pub async fn cancel<E: Engine>(engine: &E, job: JobId) -> Result<bool, Error> {
    let Some(paper) = paper(engine, job).await? else { return Ok(false) };
    if paper.state != State::Open {
        return Ok(false);
    }
    close(engine, paper).await?;
    Ok(true)
}

/// Has nothing more made of a job, and waits until the agents that are there have let go of it: what they
/// had begun gets no name.
pub(crate) async fn close<E: Engine>(engine: &E, paper: Job) -> Result<(), Error> {
    let (job, pool) = (paper.job, paper.pool.clone());
    let paper = Job { state: State::Cancelled, ..paper };
    engine.put_job(job, paper.to_bytes()?).await?;
    engine.purge(job).await?;
    // Its submitter hears what is said to the job.
    tell(engine, &FleetName::like(&job.to_string()), Control::Look).await?;
    let end = Instant::now() + LET_GO;
    loop {
        let here = who(engine, &pool, Duration::from_millis(500)).await?;
        let mut busy = here.into_iter().filter(|here| here.job == Some(job)).peekable();
        if busy.peek().is_none() || Instant::now() > end {
            return Ok(());
        }
        for here in busy {
            tell(engine, &here.agent, Control::Look).await?;
        }
    }
}

/// The paper of a job; `None` if there is none, or none that can be read.
pub async fn paper<E: Engine>(engine: &E, job: JobId) -> Result<Option<Job>, Error> {
    let bytes = engine.job(job).await?;
    Ok(bytes.and_then(|bytes| Job::from_bytes(&bytes).ok()).filter(|paper| paper.job == job))
}
