//! `lote fleet`: who is there, what they do, and telling them to end it.

use super::args::FleetSub;
use super::session;
use crate::exit::Exit;
use crate::fleet::{Fleet, cancel, drain, kit, status};
use crate::fleet_args::FleetArgs;
use crate::ui::Ui;
use lote_engine::lang::Text;

pub(super) fn execute(command: &FleetSub, ui: Ui) -> Exit {
    let result = match command {
        FleetSub::Kit { host, port, store } => kit(host, *port, store, ui),
        FleetSub::Status { fleet, json } => {
            with(fleet, async |fleet| status(&fleet, *json, ui).await)
        }
        FleetSub::Cancel { job, fleet } => with(fleet, async |fleet| cancel(&fleet, job, ui).await),
        FleetSub::Drain { agent, fleet } => {
            with(fleet, async |fleet| drain(&fleet, agent, ui).await)
        }
    };
    result.unwrap_or_else(|(what, exit)| {
        ui.error(what, None);
        exit
    })
}

fn with(
    args: &FleetArgs,
    act: impl AsyncFnOnce(Fleet) -> Result<Exit, (Text, Exit)>,
) -> Result<Exit, (Text, Exit)> {
    let fleet = Fleet::new(args).map_err(|what| (what, Exit::Usage))?;
    let runtime = session::runtime().map_err(|what| (what, Exit::NoWorkers))?;
    runtime.block_on(act(fleet))
}
