//! The vocabulary of Lote's origin, message for message, so that its page works unchanged.

use lote_protocol::carry::Carry;
use lote_protocol::filter::{FilterCall, FilterSpec, ParamKind};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::client::{Gone, Socket};
use crate::jobs::{JobError, JobRequest, OutputRequest, VariantRequest};
use crate::live::shapes::Step;
use lote_engine::catalogue;
use lote_engine::event::Mode;
use lote_engine::plan::{IfCollides, IfExists};

/// Speaks with a client until it leaves.
pub(super) async fn serve(app: App, mut socket: Socket) -> Result<(), Gone> {
    let mut news = app.live.subscribe_origin();
    let welcome = json!({
        "tipo": "conexion",
        "mensaje": "Conectado al servidor de procesamiento",
        "estado": "conectado",
    });
    socket.send(&welcome.to_string()).await?;
    loop {
        tokio::select! {
            messages = news.recv() => match messages {
                Ok(messages) => for message in messages.iter() {
                    socket.send(message).await?;
                },
                Err(RecvError::Lagged(_)) => {
                    // It has missed news. What it must know is whether the job has ended.
                    news = news.resubscribe();
                    if let Some(end) = app.live.origin_end() {
                        socket.send(&end).await?;
                    }
                }
                Err(RecvError::Closed) => return Err(Gone),
            },
            text = socket.receive() => {
                let answer = answer(&app, &text?).await;
                socket.send(&answer.to_string()).await?;
            }
        }
    }
}

fn error(message: impl AsRef<str>) -> Value {
    json!({ "tipo": "error", "mensaje": message.as_ref() })
}

async fn answer(app: &App, text: &str) -> Value {
    let command: Value = match serde_json::from_str(text) {
        Ok(command @ Value::Object(_)) => command,
        _ => return error("Formato de mensaje inválido"),
    };
    let kind = command["tipo"].as_str().unwrap_or_default();
    match kind {
        "listar_filtros" => {
            // The origin has no parameters, so that what needs a file cannot be called.
            let without_file = |spec: &&&FilterSpec| {
                !spec.params.iter().any(|param| matches!(param.kind, ParamKind::File { .. }))
            };
            let ids: Vec<_> =
                catalogue::specs().iter().filter(without_file).map(|spec| spec.id).collect();
            json!({ "tipo": "filtros", "datos": ids })
        }
        "listar_imagenes" => {
            let names: Vec<_> = app.images.list().into_iter().map(|image| image.name).collect();
            json!({ "tipo": "imagenes", "datos": { "cantidad": names.len(), "imagenes": names } })
        }
        "procesar" => process(app, &command).await,
        "estado" => json!({
            "tipo": "estado",
            "datos": {
                "procesando": is_processing(app),
                "clientes_conectados": app.clients.count(),
            },
        }),
        "cancelar" => cancel(app),
        _ => error(format!("Comando desconocido: {}", kind.chars().take(60).collect::<String>())),
    }
}

fn current_job(app: &App) -> Option<String> {
    app.live
        .with(|model, _| model.job().filter(|job| job.state.is_live()).map(|job| job.id.clone()))
}

fn is_processing(app: &App) -> bool {
    current_job(app).is_some() || app.jobs.is_busy()
}

fn cancel(app: &App) -> Value {
    match current_job(app).map(|job| app.jobs.cancel(&job)) {
        Some(Ok(())) => json!({ "tipo": "info", "mensaje": "Cancelando el procesamiento" }),
        Some(Err(refused)) => error(refused.to_string()),
        None => json!({ "tipo": "info", "mensaje": "No hay ningún procesamiento en curso" }),
    }
}

async fn process(app: &App, command: &Value) -> Value {
    if is_processing(app) {
        return error("Ya hay un procesamiento en curso");
    }
    let request = match request(app, command) {
        Ok(request) => request,
        Err(message) => return error(message),
    };
    match app.jobs.start(request).await {
        Ok(_) => json!({ "tipo": "aceptado", "mensaje": "Procesamiento iniciado" }),
        Err(JobError::NoImages) => error("No se encontraron imágenes para procesar"),
        Err(refused) => error(format!("Error en el procesamiento: {refused}")),
    }
}

/// The job that the origin's command stands for. As there, `grises` and processes are meant when
/// nothing is said.
fn request(app: &App, command: &Value) -> Result<JobRequest, &'static str> {
    let filters = match &command["filtros"] {
        Value::Null => vec!["grises".to_owned()],
        Value::Array(filters) => filters
            .iter()
            .map(|filter| filter.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or("Los filtros deben ser nombres")?,
        _ => return Err("Los filtros deben ser una lista"),
    };
    let mode = match &command["modo"] {
        Value::Null => Mode::Processes,
        Value::String(mode) if mode == "procesos" => Mode::Processes,
        Value::String(mode) if mode == "threads" => Mode::Threads,
        _ => return Err("El modo debe ser procesos o threads"),
    };
    let config = app.jobs.config();
    let plain = |filter: String| VariantRequest {
        files: Vec::new(),
        pattern: None,
        steps: vec![Step::from(&FilterCall {
            filter: filter.clone(),
            params: std::collections::BTreeMap::default(),
        })],
        name: filter,
    };
    Ok(JobRequest {
        mode,
        workers: config.settings.slots.min(config.max_workers),
        variants: filters.into_iter().map(plain).collect(),
        exceptions: Vec::new(),
        output: OutputRequest {
            folder: None,
            format: None,
            quality: 75,
            pattern: "{name}_{variant}".into(),
            if_exists: IfExists::Overwrite,
            if_collides: IfCollides::Fail,
            carry: Carry::default(),
        },
    })
}
