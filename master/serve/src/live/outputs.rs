//! What becomes of outputs, as pages see it.

use serde_json::json;

use super::lanes::short;
use super::model::Model;
use super::shapes::{Bar, Change, Level, OutputEnd, Recent, TaskRef};
use crate::said::Said;
use lote_engine::event::{OutputEnded, Status};
use lote_engine::lang::Lang;
use lote_engine::state::Advanced;

impl Model {
    /// An output came to its end.
    pub(super) fn output_ended(&mut self, ended: &OutputEnded, t: f64) {
        let made = ended.worker.zip(ended.slot);
        let own_ms = ended.ms.map(|ms| ms - ended.decode_ms.unwrap_or(0.0));
        let made = made.and_then(|(worker, slot)| self.lanes.at(worker, slot)?.advance(own_ms, t));
        let Some(book) = self.books.back_mut() else { return };
        let is_news = book.end(ended);
        if is_news {
            self.count_changed();
            if let Some(agent) = &ended.agent {
                self.recorded(agent, ended.place.image);
            }
        }
        if is_news && ended.status != Status::Skipped {
            self.tell_output(ended, made.as_ref(), t);
        } else if made.is_some() {
            // The output is still open, and yet the lane has gone on.
            self.change(Change::Lanes { lanes: self.lanes.clone() });
        }
        if let Some(made) = made.filter(|made| made.is_last && made.attempt > 1) {
            self.task_redone(&made, ended, t);
        }
        if ended.status == Status::Quarantined {
            self.image_quarantined(ended, t);
        }
    }

    /// An output could not be written and is still to be made; the lane goes on.
    pub(super) fn output_put_off(&mut self, worker: u32, slot: u32, t: f64) {
        if self.lanes.at(worker, slot).and_then(|lane| lane.advance(None, t)).is_some() {
            self.change(Change::Lanes { lanes: self.lanes.clone() });
        }
    }

    /// A machine has put an output of that image on record.
    fn recorded(&mut self, machine: &str, image: usize) {
        self.machine_made(machine);
        if self.redoing.remove(&image)
            && let Some(book) = self.books.back_mut()
        {
            book.count_redone();
        }
    }

    /// A task was lost with another machine.
    pub(super) fn expect_again(&mut self, task: u32) {
        let Some(run) = self.run.as_ref().filter(|_| self.is_elsewhere()) else { return };
        let unit = task.checked_sub(run.first_task);
        let unit = unit.and_then(|unit| run.plan.units.get(unit as usize));
        if let Some(image) = unit.map(|unit| unit.image) {
            self.redoing.insert(image);
        }
    }

    fn tell_output(&mut self, ended: &OutputEnded, made: Option<&Advanced<TaskRef>>, t: f64) {
        let place = ended.place;
        let Some(book) = self.books.back() else { return };
        let image = book.images[place.image].clone();
        let output = book.output_id(place);
        let path = book.path(place);
        let output_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let failure = book.failure(place);
        let steps = book.own_steps(place);
        let (slot, task) = made.map_or((0, 0), |made| (made.slot, made.what.task));
        let attempt = made.map_or(ended.attempt.unwrap_or(1), |made| made.attempt);
        // Where no lane has made it, that is how long it took.
        let took_ms = ended.ms.filter(|ms| ms.is_finite()).unwrap_or(0.0);
        let (start_ms, end_ms) = made.map_or((t - took_ms, t), |made| (made.start_ms, made.end_ms));
        if let Some(made) = made {
            self.history.add_bar(Bar::of(made, place.variant, image.name.clone(), ended.status));
        }
        let (image, name) = (image.id, image.name);
        let (mut detail, mut reproduce) = (None, None);
        if let Some(failure) = failure.filter(|_| ended.status != Status::Ok) {
            detail.clone_from(&failure.detail);
            reproduce.clone_from(&failure.reproduce);
            self.history.add_failure(failure);
        } else {
            self.history.add_recent(Recent {
                output: output.clone(),
                image: image.clone(),
                name: output_name.clone(),
                variant: place.variant,
                bytes: ended.bytes.unwrap_or(0),
                steps: steps.clone(),
            });
            // There may be thousands a second: pages have the counts, and see some of them.
            if self.is_crowded() && std::mem::replace(&mut self.has_told_output, true) {
                return;
            }
        }
        self.change(Change::Output(OutputEnd {
            slot,
            task,
            attempt,
            variant: place.variant,
            image,
            name,
            start_ms,
            end_ms,
            status: ended.status,
            output,
            output_name,
            bytes: ended.bytes.unwrap_or(0),
            steps,
            kind: ended.kind,
            message: ended.reason.clone().map(Said::new),
            detail,
            reproduce,
        }));
    }

    /// A task is done that had been lost with a worker.
    fn task_redone(&mut self, made: &Advanced<TaskRef>, ended: &OutputEnded, t: f64) {
        let Some(book) = self.books.back_mut() else { return };
        book.count_redone();
        let image = book.images[ended.place.image].clone();
        self.count_changed();
        self.isolation_redone(made.what.task);
        let Some((worker, reason)) =
            self.lost_with.get(&made.what.task).and_then(|losses| losses.last()).cloned()
        else {
            return;
        };
        let to_worker = ended.worker;
        let message = format!("worker {worker} ended ({reason}); its image was done again");
        let args = json!({
            "worker": worker, "to_worker": to_worker, "reason": short(&reason),
            "reason_es": reason.say(Lang::Es),
            "name": image.name, "image": image.id,
        });
        self.notice(Level::Info, "task_redone", args, message, t);
    }

    /// An image is given up that cost workers their lives.
    fn image_quarantined(&mut self, ended: &OutputEnded, t: f64) {
        let place = ended.place.image;
        self.isolation_gave_up(place);
        if !self.quarantined.insert(place) {
            return;
        }
        let Some(book) = self.books.back() else { return };
        let name = book.images[place].name.clone();
        let reason = ended.reason.clone().unwrap_or_default();
        let message = format!("{name} is given up: {reason}");
        let args = json!({
            "name": name, "reason": reason.to_string(), "reason_es": reason.say(Lang::Es),
        });
        self.notice(Level::Warn, "quarantined", args, message, t);
    }
}
