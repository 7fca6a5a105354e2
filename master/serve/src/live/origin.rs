//! The same news in the vocabulary of Lote's origin, whose page counts images and not outputs.

use serde_json::{Value, json};

use super::Message;
use super::shapes::{Change, Job, JobState};
use lote_engine::event::{Mode, Status};
use lote_engine::lang::Lang;

/// The word that the origin has for a mode.
pub(super) const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Processes => "procesos",
        Mode::Threads => "threads",
    }
}

/// Follows a job from its beginning to its end.
#[derive(Debug, Default)]
pub(super) struct Translator {
    /// The job that is going on.
    job: Option<Job>,
    /// Outputs of it that have ended, as far as was told.
    done: usize,
    /// The last word about the job before.
    pub(super) end: Option<Message>,
}

impl Translator {
    /// What there is to be said about these changes, after which the job is `now`. Unless it is
    /// `wanted`, only the end of a job is noted.
    pub(super) fn translate(
        &mut self,
        changes: &[Change],
        now: Option<&Job>,
        wanted: bool,
    ) -> Vec<Message> {
        let mut messages = Vec::new();
        for change in changes {
            match change {
                Change::Job { job: Some(job), .. } => self.job_changed(job, &mut messages),
                Change::Task { name, variants, .. } if wanted => {
                    let filters =
                        variants.iter().filter_map(|variant| self.variant(*variant as usize));
                    let text = format!("Procesando: {}", filters.collect::<Vec<_>>().join(", "));
                    messages.extend(self.progress(now, name, "procesando", &text));
                }
                Change::Output(output) => {
                    self.done += 1;
                    if wanted {
                        let (state, text) = match output.status {
                            Status::Ok | Status::Skipped => {
                                let filter = self.variant(output.variant).unwrap_or_default();
                                ("completado", format!("Procesado exitosamente: {filter}"))
                            }
                            Status::Failed | Status::Quarantined => {
                                ("error", output.message.clone().unwrap_or_default().say(Lang::Es))
                            }
                        };
                        messages.extend(self.progress(now, &output.name, state, &text));
                    }
                }
                _ => {}
            }
        }
        messages
    }

    fn variant(&self, index: usize) -> Option<&str> {
        let variant = self.job.as_ref()?.variants.get(index)?;
        Some(variant.name.as_str())
    }

    fn job_changed(&mut self, job: &Job, messages: &mut Vec<Message>) {
        let was_live = self.job.as_ref().is_some_and(|before| before.id == job.id);
        if job.state.is_live() {
            if !was_live {
                self.end = None;
                let filters: Vec<_> = job.variants.iter().map(|variant| &variant.name).collect();
                messages.push(message(&json!({
                    "tipo": "inicio_procesamiento",
                    "datos": {
                        "imagenes": job.images, "filtros": filters, "modo": mode_name(job.mode),
                    },
                })));
            }
            self.done = job.progress.done;
            self.job = Some(job.clone());
        } else if was_live {
            self.job = None;
            let end = end(job);
            messages.push(end.clone());
            self.end = Some(end);
        }
    }

    /// `procesadas` and `total` are images, as in the origin; the percentage is of all outputs.
    fn progress(&self, now: Option<&Job>, image: &str, state: &str, text: &str) -> Option<Message> {
        let job = self.job.as_ref()?;
        let done = self.done.min(job.outputs);
        let share = if job.outputs == 0 { 1.0 } else { done as f64 / job.outputs as f64 };
        let elapsed_ms = now.map_or(job.progress.elapsed_ms, |now| now.progress.elapsed_ms);
        Some(message(&json!({
            "tipo": "progreso",
            "datos": {
                "imagen": image,
                "estado": state,
                "mensaje": text,
                "procesadas": done * job.images / job.outputs.max(1),
                "total": job.images,
                "porcentaje": hundredths(share * 100.0),
                "tiempo_transcurrido": hundredths(elapsed_ms / 1000.0),
                "nucleos": job.workers,
            },
        })))
    }
}

/// The last word about a job.
fn end(job: &Job) -> Message {
    let progress = &job.progress;
    if job.state == JobState::Cancelled {
        let text = format!("Procesamiento cancelado: {} de {} listas", progress.ok, job.outputs);
        return message(&json!({ "tipo": "error", "mensaje": text }));
    }
    if let Some(error) = &job.error.0 {
        let text = format!("Error en el procesamiento: {}", error.say(Lang::Es));
        return message(&json!({ "tipo": "error", "mensaje": text }));
    }
    let results = job.variants.iter().zip(&progress.variants).map(|(variant, counts)| {
        // The origin did one filter after the other; this is the share of each of the wall time.
        let work_ms = counts.work_ms + counts.decode_ms;
        let seconds = work_ms / 1000.0 / f64::from(job.workers.max(1));
        json!({
            "filtro": variant.name,
            "exitosas": counts.ok + counts.skipped,
            "fallidas": counts.failed,
            "tiempo_total": (seconds * 1000.0).round() / 1000.0,
            "nucleos_usados": job.workers,
        })
    });
    let text = match progress.failed {
        0 => "Procesamiento completado exitosamente".to_owned(),
        failed => format!("Procesamiento completado con {failed} errores"),
    };
    let data = json!({ "resultados": results.collect::<Vec<Value>>(), "mensaje": text });
    message(&json!({ "tipo": "finalizado", "datos": data }))
}

fn message(value: &Value) -> Message {
    value.to_string().into()
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
