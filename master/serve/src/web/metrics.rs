//! For those who watch over the server: whether it answers, and figures as Prometheus reads them
//! (text format 0.0.4, <https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use super::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/metrics", get(metrics))
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let (totals, (workers, memory_bytes), waiting, open) =
        app.live.with(|model, _| (model.totals(), model.workers(), model.waiting(), model.open()));
    let mut text = String::new();
    let mut figure = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP lote_{name} {help}\n# TYPE lote_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "lote_{name}{labels} {value}");
        }
    };
    let outputs = &totals.outputs;
    let status = [
        ("{status=\"ok\"}", outputs.ok as f64),
        ("{status=\"failed\"}", (outputs.failed - outputs.quarantined) as f64),
        ("{status=\"quarantined\"}", outputs.quarantined as f64),
        ("{status=\"skipped\"}", outputs.skipped as f64),
    ];
    figure("outputs_total", "counter", "Outputs that have ended, by how.", &status);
    let one = |value: f64| [("", value)];
    let counters = [
        ("outputs_repeated_total", "Outputs made at a later attempt.", outputs.repeated as f64),
        ("written_bytes_total", "Bytes of outputs.", outputs.written_bytes as f64),
        ("work_seconds_total", "Time that workers spent on outputs.", outputs.work.as_secs_f64()),
        ("worker_starts_total", "Workers that became ready.", totals.workers_started as f64),
        ("worker_deaths_total", "Workers that died.", totals.workers_lost as f64),
    ];
    for (name, help, value) in counters {
        figure(name, "counter", help, &one(value));
    }
    let gauges = [
        ("workers", "Worker processes of the job at work.", workers as f64),
        ("workers_memory_bytes", "Memory of those processes.", memory_bytes as f64),
        ("jobs_waiting", "Jobs that wait for another one.", waiting as f64),
        ("outputs_open", "Outputs of the job that have not ended.", open as f64),
    ];
    for (name, help, value) in gauges {
        figure(name, "gauge", help, &one(value));
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
