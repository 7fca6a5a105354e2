//! The WebSocket: the page's own stream, and the vocabulary of Lote's origin.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use lote_imaging::formats::ALL;
use lote_protocol::filter::EncodingOption;
use lote_protocol::lang::Lang;
use lote_protocol::sandbox::{Level, Sandbox};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use super::client::{Gone, MAX_CLIENTS, MAX_MESSAGE_BYTES, MAX_WAITING_BYTES, Socket};
use super::error::Refusal;
use super::{App, is_local, origin, uploads};
use crate::jobs::{MAX_STEPS, MAX_VARIANTS};
use lote_engine::catalogue;
use lote_protocol::text;

/// The subprotocol of the page's own stream.
const PROTOCOL: &str = "lote.v1";

/// Between two snapshots for the same client.
const SNAPSHOT_PAUSE: Duration = Duration::from_millis(250);

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/ws", get(open))
}

async fn open(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => accept(app, peer, upgrade),
        Err(rejection) => rejection.into_response(),
    }
}

/// Accepts a client. Where it comes from has been checked.
pub(super) fn accept(app: App, peer: SocketAddr, upgrade: WebSocketUpgrade) -> Response {
    let Some(client) = app.clients.enter() else {
        return Refusal::busy(text!("{} pages are open already", MAX_CLIENTS)).into_response();
    };
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .max_write_buffer_size(MAX_WAITING_BYTES)
        .protocols([PROTOCOL]);
    upgrade.on_upgrade(move |socket| async move {
        let is_ours = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
        let socket = Socket::new(socket);
        // That a client has left is no error.
        let _gone =
            if is_ours { serve(app, peer, socket).await } else { origin::serve(app, socket).await };
        drop(client);
    })
}

/// The page's own stream.
async fn serve(app: App, peer: SocketAddr, mut socket: Socket) -> Result<(), Gone> {
    socket.send(&hello(&app, is_local(&peer)).to_string()).await?;
    let mut again = Instant::now();
    loop {
        // Whoever asks for snapshots all the time gets them slowly.
        sleep_until(again).await;
        again = Instant::now() + SNAPSHOT_PAUSE;
        let Some(mut subscription) = app.live.subscribe().await else { return Err(Gone) };
        socket.send(&subscription.snapshot).await?;
        loop {
            tokio::select! {
                batch = subscription.batches.recv() => match batch {
                    Ok(batch) => socket.send(&batch).await?,
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return Err(Gone),
                },
                text = socket.receive() => {
                    if is_snapshot_request(&text?) {
                        break;
                    }
                    socket.send(r#"{"tipo":"error","mensaje":"only instantanea is understood"}"#).await?;
                }
            }
        }
    }
}

fn is_snapshot_request(text: &str) -> bool {
    let message: Option<Value> = serde_json::from_str(text).ok();
    message.is_some_and(|message| message["tipo"] == "instantanea")
}

/// What a page is told first.
fn hello(app: &App, is_local: bool) -> Value {
    let config = app.jobs.config();
    let written = ALL.iter().filter(|format| format.is_written());
    let formats: Vec<_> = written
        .map(|format| {
            json!({
                "id": format.id,
                "name": format.name,
                "extension": format.endings[0],
                "quality": format.options.contains(&EncodingOption::Quality),
                "options": format.options.iter().map(|option| option.names()).collect::<Vec<_>>(),
            })
        })
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let sandbox = config.sandbox.as_ref();
    let sandbox = sandbox.map_or_else(|| text!("no worker could be started"), Sandbox::in_full);
    json!({
        "tipo": "hola",
        "version": env!("CARGO_PKG_VERSION"),
        "instance": app.live.instance(),
        "now_ms": app.live.now_ms(),
        "cores": cores,
        "local": is_local,
        "sandbox": {
            "level": config.sandbox.as_ref().map_or(Level::Off, |sandbox| sandbox.level),
            "text": sandbox.to_string(),
            "text_es": sandbox.say(Lang::Es),
        },
        "filters": catalogue::specs(),
        "formats": formats,
        "limits": {
            "max_workers": config.max_workers,
            "max_variants": MAX_VARIANTS,
            "max_steps": MAX_STEPS,
            "max_upload_files": uploads::MAX_FILES,
            "max_upload_file_bytes": uploads::MAX_FILE_BYTES,
            "max_upload_bytes": uploads::MAX_BYTES,
        },
        "defaults": {
            "mode": "processes",
            "workers": config.settings.slots,
            "quality": 75,
            "pattern": "{name}_{variant}",
            "if_exists": "overwrite",
            "output_label": config.output_label,
        },
    })
}
