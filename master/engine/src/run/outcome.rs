//! The ends that outputs come to, from every side.

use std::path::Path;

use lote_protocol::lang::{Text, reason};
use lote_protocol::message::Written;
use lote_protocol::outcome::{Failure, FailureKind};
use lote_protocol::text;
use lote_protocol::time::nanoseconds;

use super::books::failed;
use super::{Feed, Run, dates};
use crate::event::{Event, OutputEnded, Status, exact};
use crate::pool::{GivenUp, Made};
use crate::reproduce::{Recipe, command};
use crate::scheduler::{GiveUp, Input, SlotId, TaskId};
use crate::system;

impl<F: Feed> Run<'_, F> {
    /// Ends what a worker has reported, unless what keeps it from being written is not its own.
    pub(super) async fn made(&mut self, made: Made) {
        let Made { slot, task, variant, result, attempt, work, decode } = made;
        let unit = &self.books.feed.plan().units[task.0 as usize];
        let Some(output) = unit.variants.iter().position(|v| *v == variant) else { return };
        let (image, variant) = (unit.image, variant as usize);
        if let Err(failure) = &result {
            let path = self.books.feed.plan().output_file(image, variant);
            if let Some(obstacle) = self.obstacle(failure, &path).await {
                self.tell_put_off(slot, image, variant).await;
                return self.meet(obstacle, task).await;
            }
        } else {
            self.has_written().await;
        }
        let ended = OutputEnded {
            slot: Some(slot.index),
            worker: Some(slot.worker.0),
            attempt,
            ms: Some(work.as_secs_f64() * 1000.0),
            decode_ms: Some(decode.as_secs_f64() * 1000.0),
            ..self.books.blank(image, variant)
        };
        let ended = match result {
            Ok(Written { bytes, modified_ns, sha256, size, source, mut notes }) => {
                let kept = self.keep_date(image, variant, &mut notes).await;
                let modified_ns = kept.or(modified_ns);
                OutputEnded {
                    status: Status::Ok,
                    bytes: Some(bytes),
                    sizes: Some([size, source]),
                    modified_ns,
                    sha256,
                    notes,
                    ..ended.at(&self.books.feed.plan().output(image, variant))
                }
            }
            Err(failure) => failed(ended, failure),
        };
        self.books.feed.over(ended.place);
        let carrying = match ended.status {
            Status::Ok => self.books.feed.carry(ended.place, ended.bytes.unwrap_or(0)),
            _ => None,
        };
        match carrying {
            Some(carrying) => {
                self.carried.spawn(async move { (ended, carrying.await) });
            }
            None => self.books.end(ended).await,
        }
        self.pool.tell(Input::Ended { slot, task, output: output as u32 });
    }

    /// Ends an output that has come to where it belongs, or could not.
    pub(super) async fn published(
        &mut self,
        ended: OutputEnded,
        published: Result<Option<String>, Failure>,
    ) {
        let ended = match published {
            Ok(tag) => {
                self.unpublished_in_a_row = 0;
                OutputEnded { tag, ..ended }
            }
            Err(failure) => {
                self.meet_unpublished(&failure);
                let blank = OutputEnded { bytes: None, path: None, path_bytes: None, ..ended };
                failed(blank, failure)
            }
        };
        self.books.end(ended).await;
    }

    async fn tell_put_off(&mut self, slot: SlotId, image: usize, variant: usize) {
        let event = Event::PutOff {
            worker: slot.worker.0,
            slot: slot.index,
            image: self.books.image_name(image),
            image_bytes: exact(&self.books.feed.plan().images[image].name),
            variant: self.books.figures.name(variant),
        };
        self.books.bus.publish(event).await;
    }

    /// Gives an output the time of its image if it is to keep that; returns it.
    async fn keep_date(&self, image: usize, variant: usize, notes: &mut Vec<Text>) -> Option<i64> {
        let ns = self.books.feed.plan().images[image].modified_ns?;
        if !self.books.feed.plan().job_encoding().carry.keep_dates {
            return None;
        }
        if self.books.feed.plan().is_stored() {
            notes.push(text!("the date could not be kept: {}", text!("stores set it themselves")));
            return None;
        }
        let output = self.books.feed.plan().output(image, variant);
        let set = move || {
            dates::set(&output, dates::from_nanoseconds(ns))?;
            // File systems round times, and what is on record is what the file says.
            output.metadata()?.modified()
        };
        match system::waiting(set).await? {
            Ok(modified) => nanoseconds(modified),
            Err(error) => {
                notes.push(text!("the date could not be kept: {}", reason(&error)));
                None
            }
        }
    }

    /// Ends what the scheduler has given up.
    pub(super) async fn end_given_up(&mut self, given_up: GivenUp) {
        let task = given_up.task;
        let unit = &self.books.feed.plan().units[task.0 as usize];
        let (image, variants) = (unit.image, unit.variants.clone());
        for output in &given_up.outputs {
            let Some(variant) = variants.get(*output as usize).map(|v| *v as usize) else {
                continue;
            };
            let attempt = given_up.record.attempt;
            let blank = OutputEnded { attempt, ..self.books.blank(image, variant) };
            let ended = match given_up.why {
                GiveUp::Cancelled => {
                    let why = if let Some(why) = &self.halted {
                        text!("not made: {}", why.clone())
                    } else {
                        text!("not started: interrupted")
                    };
                    let failure = Failure::new(FailureKind::Cancelled, why);
                    let ended = failed(blank, failure);
                    OutputEnded { status: Status::Skipped, untried: true, ..ended }
                }
                GiveUp::NoWorkers => {
                    let failure =
                        Failure::new(FailureKind::Crash, text!("no worker is left to make it"));
                    OutputEnded { untried: true, ..failed(blank, failure) }
                }
                GiveUp::Quarantined => {
                    let failure = given_up.failure(self.settings.workers.max_memory_bytes);
                    let death = given_up.record.death.as_ref();
                    let last_words = death.map(|d| d.last_words.clone()).unwrap_or_default();
                    OutputEnded {
                        status: Status::Quarantined,
                        last_words,
                        reproduce: Some(self.reproduce(task, image, variant, false)),
                        reproduce_redacted: Some(self.reproduce(task, image, variant, true)),
                        ..failed(blank, failure)
                    }
                }
            };
            self.books.feed.over(ended.place);
            self.books.end(ended).await;
        }
    }

    /// The command that makes an output alone, with whole paths, or with the names that pages know.
    fn reproduce(&self, task: TaskId, image: usize, variant: usize, is_redacted: bool) -> String {
        let limits = &self.settings.workers.limits;
        let recipe = Recipe {
            variant: self.books.feed.plan().variant(image, variant),
            page: self.books.feed.plan().images[image].page.map(|page| page.number),
            encoding: self.books.feed.plan().job_encoding(),
            limits,
            max_memory_bytes: self.settings.workers.max_memory_bytes,
        };
        let assignment =
            self.books.feed.plan().assignment(task.0 as usize).filter(|_| !is_redacted);
        let paths = assignment.and_then(|assignment| {
            let mut orders = assignment.task.orders.iter().zip(assignment.targets);
            let (_, target) = orders.find(|(order, _)| order.variant as usize == variant)?;
            let plan = self.books.feed.plan();
            Some((plan.shown(&assignment.input), plan.shown(&target.path)))
        });
        if let Some((input, output)) = paths {
            command(&input, &output, &recipe)
        } else {
            let output = self.books.feed.plan().output(image, variant);
            let output = Path::new(output.file_name().unwrap_or_default());
            command(&self.books.feed.plan().images[image].name, output, &recipe)
        }
    }
}
