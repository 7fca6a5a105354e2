//! In place of `fleet`, where this program is built without it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lote_engine::event::{Bus, OutputEnded};
use lote_engine::journal::{self, Header, Outcome};
use lote_engine::lang::Text;
use lote_engine::plan::Plan;
use lote_engine::roots::Root;
use lote_engine::run::{Ended, RunOrder, Settings};
use lote_protocol::text;
use lote_serve::fleet::{self as page, Asked, Doing};
use lote_serve::live::Live;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::exit::Exit;
use crate::fleet_args::FleetArgs;
use crate::ui::Ui;

/// There is none.
#[derive(Debug)]
pub(crate) struct Fleet(Infallible);

fn without() -> Text {
    text!("this lote was built without the feature {}", "fleet")
}

impl Fleet {
    pub(crate) fn new(_args: &FleetArgs) -> Result<Self, Text> {
        Err(without())
    }

    pub(crate) fn folder(&self, _root: &str) -> Option<PathBuf> {
        match self.0 {}
    }

    pub(crate) fn roots(&self) -> Vec<Root> {
        match self.0 {}
    }
}

pub(crate) fn kit(_host: &str, _port: u16, _store: &str, _ui: Ui) -> Result<Exit, (Text, Exit)> {
    Err((without(), Exit::Usage))
}

pub(crate) fn work(
    fleet: &Fleet,
    _name: Option<&str>,
    _settings: Settings,
    _runtime: &Runtime,
    _ui: Ui,
) -> Exit {
    match fleet.0 {}
}

pub(crate) async fn status(fleet: &Fleet, _as_json: bool, _ui: Ui) -> Result<Exit, (Text, Exit)> {
    match fleet.0 {}
}

pub(crate) async fn cancel(fleet: &Fleet, _job: &str, _ui: Ui) -> Result<Exit, (Text, Exit)> {
    match fleet.0 {}
}

pub(crate) async fn drain(fleet: &Fleet, _agent: &str, _ui: Ui) -> Result<Exit, (Text, Exit)> {
    match fleet.0 {}
}

pub(crate) fn check(fleet: &Fleet, _plan: &Plan) -> Result<(), (Text, Exit)> {
    match fleet.0 {}
}

/// There is none.
#[derive(Debug)]
pub(crate) struct Service(Infallible);

impl Service {
    pub(crate) fn new(fleet: Fleet) -> Result<Arc<Self>, (Text, Exit)> {
        match fleet.0 {}
    }

    pub(crate) async fn follow(&self, _live: &Live, _ui: Ui) {
        match self.0 {}
    }
}

impl page::Fleet for Service {
    fn check(&self, _plan: &Plan) -> Result<(), Text> {
        match self.0 {}
    }

    fn run<'a>(
        &'a self,
        _asked: Asked<'a>,
        _given: &'a dyn Fn(&journal::FleetJob),
        _bus: &'a mut Bus,
        _orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Result<bool, Text>> {
        match self.0 {}
    }

    fn take_over<'a>(
        &'a self,
        _job: &'a str,
        _plan: &'a Plan,
        _orders: &'a mut mpsc::Receiver<RunOrder>,
    ) -> Doing<'a, Option<Vec<OutputEnded>>> {
        match self.0 {}
    }

    fn kill(&self, _machine: &str, _worker: u32) {
        match self.0 {}
    }

    fn drain(&self, _machine: &str) {
        match self.0 {}
    }
}

/// There is none.
pub(crate) struct Submitter {
    pub(crate) runtime: Runtime,
    none: Infallible,
}

/// There is none.
pub(crate) struct Submitted<'a>(Infallible, std::marker::PhantomData<&'a Plan>);

impl Submitted<'_> {
    pub(crate) fn id(&self) -> String {
        match self.0 {}
    }

    pub(crate) fn on_record(&self) -> journal::FleetJob {
        match self.0 {}
    }
}

impl Submitter {
    pub(crate) fn new(fleet: &Fleet, _runtime: Runtime) -> Result<Self, (Text, Exit)> {
        match fleet.0 {}
    }

    pub(crate) fn take_over(
        &self,
        _job: &str,
        _output: &Path,
    ) -> Result<HashMap<PathBuf, ()>, (Text, Exit)> {
        match self.none {}
    }

    pub(crate) fn made(
        &self,
        _plan: &Plan,
        _records: &HashMap<PathBuf, ()>,
    ) -> Vec<(usize, usize, Outcome)> {
        match self.none {}
    }

    pub(crate) fn job<'a>(
        &self,
        _plan: &'a Plan,
        _header: &Header,
        _settings: &Settings,
    ) -> Result<Submitted<'a>, Text> {
        match self.none {}
    }

    pub(crate) async fn run(
        &self,
        _submitted: &Submitted<'_>,
        _bus: &mut Bus,
        _orders: &mut mpsc::Receiver<RunOrder>,
    ) -> Ended {
        match self.none {}
    }

    pub(crate) fn finish(&self, _submitted: &Submitted<'_>) -> Result<(), Text> {
        match self.none {}
    }
}
