//! `lote serve`.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use lote_engine::lang::Text;
use lote_engine::lang::reason;
use lote_protocol::sandbox::{Policy, Sandbox};
use lote_protocol::text;
use tokio::sync::watch;

use super::args::ServeArgs;
use super::stored::only_folders;
use super::{probe, session};
use crate::exit::Exit;
use crate::fleet::{Fleet, Service};
use crate::interrupt::Shutdown;
use crate::ui::Ui;
use lote_engine::job::{self, Options};
use lote_engine::plan::KEPT_ASSETS;
use lote_engine::pool::Reserve;
use lote_engine::roots::Root;
use lote_engine::run::Settings;
use lote_serve::images::Images;
use lote_serve::images::folders::{Folders, label};
use lote_serve::jobs::{Config, Jobs};
use lote_serve::kept::Kept;
use lote_serve::live::Live;
use lote_serve::main_thread;
use lote_serve::preview::Previews;
use lote_serve::watches::Watches;
use lote_serve::web::access::{Access, Token};
use lote_serve::web::client::Clients;
use lote_serve::web::recipes::Recipes;
use lote_serve::web::scratch::Scratch;
use lote_serve::web::uploads::Uploads;
use lote_serve::web::{self, App, Places, server};

/// A job may have so many workers at least, however few cores there are.
const MIN_MAX_WORKERS: u32 = 16;

/// The server waits so long for a worker to tell what sandbox it gets.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// Why the server cannot start: what to say, what to do about it, and the exit code.
struct CannotServe(Text, Option<Text>, Exit);

pub(super) fn execute(args: &ServeArgs, config: &job::Config, ui: Ui) -> Exit {
    if let Err(exit) = only_folders("lote serve", [&args.input, &args.output], ui) {
        return exit;
    }
    match serve(args, config, ui) {
        Ok(exit) => exit,
        Err(CannotServe(what, hint, exit)) => {
            ui.error(what, hint);
            exit
        }
    }
}

fn serve(args: &ServeArgs, defaults: &job::Config, ui: Ui) -> Result<Exit, CannotServe> {
    let asked = Options { durable: args.durable, ..args.work.options() };
    // Each job has its own mode.
    let options = Options { mode: None, ..asked.over(defaults.job.clone()) };
    let settings = session::settings(&options, args.work.worker_command.as_deref(), false)
        .map_err(|what| CannotServe(what, None, Exit::Usage))?;
    let listeners = server::listen(&args.host, args.port).map_err(|error| unheard(args, &error))?;
    let bound: Vec<_> = listeners.iter().filter_map(|one| one.local_addr().ok()).collect();
    let (access, token) = access(args, &bound)?;

    let input = folder(&args.input)?;
    let output = folder(&args.output)?;
    let private = output.join(".lote");
    let scratch = Scratch::new(&private).map_err(|error| unwritable(&private, &error))?;
    let below = private.join("server");
    let kept = Kept::open(&private).map_err(|error| unwritable(&below, &error))?;
    if kept.is_none() {
        ui.warn(ui.lang.pick(
            "another server has this output folder: uploads and waiting jobs of this one end with it",
            "otro servidor usa esta carpeta de salida: lo subido y los trabajos en espera de este acaban con él",
        ));
    }
    let place = |name| scratch.folder(name).map_err(|error| unwritable(&private, &error));
    let fleet = args.fleet.fleet.is_some().then(|| fleet(args)).transpose()?;
    let named = match &fleet {
        Some((_, roots)) => roots,
        None => &args.fleet.roots,
    };
    let named: Vec<_> = named.iter().map(|root| root.folder.clone()).collect();
    let roots = if named.is_empty() { &defaults.roots } else { &named };
    for root in roots.iter().filter(|root| !root.is_dir()) {
        ui.warn(text!("the root {} is no folder and is left out", root.display()));
    }
    let roots = if roots.is_empty() { vec![input.clone()] } else { roots.clone() };
    let prints = place("previews")?;
    let uploads = match &kept {
        Some(kept) => {
            kept.folder("uploads").map_err(|error| unwritable(&below.join("uploads"), &error))?
        }
        None => place("uploads")?,
    };
    let samples = place("samples")?;
    let mut shown = vec![input.clone(), output.clone(), uploads.clone(), samples.clone()];
    shown.extend(roots.iter().cloned());
    let assets = output.join(KEPT_ASSETS);
    let previews = Previews::new(prints.clone(), shown, assets)
        .map_err(|error| unwritable(&prints, &error))?;
    let images = Images::new(output.clone(), &roots);
    let live = Live::new(images.summary());
    let config = Config {
        output_label: label(&output),
        output: output.clone(),
        max_workers: settings.slots.saturating_mul(2).max(MIN_MAX_WORKERS),
        sandbox: sandbox(&settings)?,
        settings: Settings { reserve: Some(Reserve::default()), ..settings },
        fleet: fleet.as_ref().map(|(service, _)| Arc::clone(service) as _),
    };
    // Those of the first page were kept beside its outputs.
    let written = job::recipes_folder().unwrap_or_else(|| private.join("recipes"));
    let recipes = Recipes::new(written, config.max_workers);
    recipes.take_over(&private.join("recipes.json"));
    let app = App {
        watches: Watches::new(live.clone(), images.clone(), config.clone()),
        jobs: Jobs::new(live.clone(), images.clone(), config),
        images,
        folders: Folders::new(&roots),
        previews,
        live,
        clients: Clients::default(),
        recipes,
        uploads: Uploads::new(uploads),
        kept,
        access: Arc::new(access),
        places: Arc::new(Places { input, output, samples }),
    };

    let (stop, stopped) = watch::channel(false);
    let first_look = app.clone();
    // A large folder must not hold up the first page.
    std::thread::spawn(move || {
        first_look.take_over();
    });
    let pages = answer(listeners, app.clone(), stopped.clone());
    announce(args, &bound, token.as_ref(), ui);
    let fleet = fleet.as_ref().map(|(service, _)| &**service);
    let worked = work(app, fleet, (stop, stopped), ui);
    // A page that holds on to a download has had its time.
    if pages.join().is_err() {
        ui.error(text!("a defect in Lote: the web server broke off"), None);
    }
    drop(scratch);
    worked
}

/// The sandbox that workers get, as pages are told; `None` if none of them starts, which is told
/// when there is something to do.
fn sandbox(settings: &Settings) -> Result<Option<Sandbox>, CannotServe> {
    let is_required = settings.workers.sandbox == Policy::Require;
    let mut config = settings.workers.clone();
    if is_required {
        config.sandbox = Policy::Auto;
    }
    let found = probe::block_on(async {
        let late = |_| "workers take too long to start".to_owned();
        tokio::time::timeout(PROBE_TIME, probe::probe(&config)).await.map_err(late)?
    });
    match found {
        Ok(found) if is_required => {
            let refused = |problem| CannotServe(problem, Some(probe::hint()), Exit::Refused);
            probe::check(&found.sandbox).map_err(refused)?;
            Ok(Some(found.sandbox))
        }
        Ok(found) => Ok(Some(found.sandbox)),
        Err(problem) if is_required => Err(CannotServe(
            problem,
            Some(text!("`lote doctor` looks for the cause")),
            Exit::NoWorkers,
        )),
        Err(problem) => {
            tracing::warn!(%problem, "no worker could be started");
            Ok(None)
        }
    }
}

/// Answers browsers on a thread and a runtime of their own: none of them holds up any work.
fn answer(
    listeners: Vec<std::net::TcpListener>,
    app: App,
    stopped: watch::Receiver<bool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = session::lasting();
        let served = runtime.and_then(|runtime| {
            runtime.spawn(web::follow(app.clone()));
            let router = web::router(app);
            let served = runtime.block_on(server::serve(listeners, router, stopped));
            // Threads that wait for a disk are not waited for.
            runtime.shutdown_background();
            served
        });
        if let Err(error) = served {
            tracing::error!(%error, "the web server has ended");
        }
    })
}

/// Runs jobs until a signal ends the program. This thread starts the workers, which die with it.
fn work(
    app: App,
    fleet: Option<&Service>,
    (stop, mut stopped): (watch::Sender<bool>, watch::Receiver<bool>),
    ui: Ui,
) -> Result<Exit, CannotServe> {
    let runtime =
        session::runtime().map_err(|problem| CannotServe(problem, None, Exit::NoWorkers))?;
    Ok(runtime.block_on(async {
        let shutdown = Shutdown::listen(stop, ui);
        let live = app.live.clone();
        let work = main_thread(app.jobs.clone(), app.watches.clone(), app.previews);
        let work = async {
            tokio::select! {
                () = work => {}
                () = follow(fleet, &live, ui) => {}
            }
        };
        let end = async {
            // The sender lives as long as the program listens for signals.
            let _ = stopped.wait_for(|stopped| *stopped).await;
            let is_busy = app.jobs.is_busy();
            if let Some(kept) = &app.kept {
                kept.close();
            }
            app.jobs.close();
            app.watches.close();
            app.uploads.forget_open();
            is_busy
        };
        let ((), was_busy) = tokio::join!(work, end);
        shutdown.exit().filter(|_| was_busy).unwrap_or(Exit::Ok)
    }))
}

/// The fleet that makes jobs, and the roots that it knows on this machine.
fn fleet(args: &ServeArgs) -> Result<(Arc<Service>, Vec<Root>), CannotServe> {
    let fleet = Fleet::new(&args.fleet).map_err(|what| CannotServe(what, None, Exit::Usage))?;
    let roots = fleet.roots();
    let service = Service::new(fleet).map_err(|(what, exit)| CannotServe(what, None, exit))?;
    Ok((service, roots))
}

/// Tells pages of the fleet, if there is one, for ever.
async fn follow(fleet: Option<&Service>, live: &Live, ui: Ui) {
    if let Some(fleet) = fleet {
        fleet.follow(live, ui).await;
    }
    std::future::pending::<()>().await;
}

/// Who may speak to the server. Other machines need a token.
fn access(args: &ServeArgs, bound: &[SocketAddr]) -> Result<(Access, Option<Token>), CannotServe> {
    let local = bound.iter().all(|address| address.ip().is_loopback());
    let token = if let Some(file) = &args.token_file {
        let unusable = |error: io::Error| {
            let what = text!("--token-file {}: {}", file.display(), error);
            CannotServe(
                what,
                Some(text!("it holds 64 hexadecimal digits; a new one is made if need be")),
                Exit::Usage,
            )
        };
        Some(Token::kept(file).map_err(unusable)?)
    } else if local {
        None
    } else {
        let token = Token::new().map_err(|error| {
            let what = text!("no token could be made: {}", error.to_string());
            CannotServe(what, None, Exit::Refused)
        })?;
        Some(token)
    };
    let access = Access::new(bound, &args.host, &machine_names(), token.clone())
        .allow(&args.allow_origin)
        .map_err(|error| {
            let hint = text!("an origin is scheme://host[:port], or null");
            CannotServe(
                text!("--allow-origin: {} is no origin", error.name()),
                Some(hint),
                Exit::Usage,
            )
        })?;
    Ok((access, token))
}

/// Tells where the page is, and opens it if that is wanted.
fn announce(args: &ServeArgs, bound: &[SocketAddr], token: Option<&Token>, ui: Ui) {
    let Some(first) = bound.first() else { return };
    let port = first.port();
    let path = token.map_or(String::new(), |token| format!("/?token={}", token.text()));
    let host = if first.ip().is_unspecified() { own_address() } else { first.ip() };
    let url = format!("http://{}{path}", SocketAddr::new(host, port));
    if bound.iter().any(|address| !address.ip().is_loopback()) {
        ui.warn(ui.lang.pick(
            "the server can be reached from other machines; whoever has the address below can use it",
            "se llega al servidor desde otros equipos; quien tenga la dirección de abajo puede usarlo",
        ));
    }
    ui.say(&match ui.lang {
        lote_engine::lang::Lang::En => format!("Lote is at {}  (Ctrl-C ends it)", ui.strong(&url)),
        lote_engine::lang::Lang::Es => {
            format!("Lote está en {}  (Ctrl-C lo termina)", ui.strong(&url))
        }
    });
    if args.open
        && let Err(error) = open::that_detached(&url)
    {
        ui.warn(text!("no browser could be opened: {}", error));
    }
}

/// The address that other machines reach this one by. Nothing is sent to find out.
fn own_address() -> IpAddr {
    let probe = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        // An address for documentation (RFC 5737); connecting only chooses a way out.
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    let here = IpAddr::from([127, 0, 0, 1]);
    probe().map_or(here, |address: SocketAddr| address.ip())
}

#[cfg(unix)]
fn machine_names() -> Vec<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let local = format!("{name}.local");
    vec![name, local]
}

#[cfg(not(unix))]
fn machine_names() -> Vec<String> {
    std::env::var("COMPUTERNAME").into_iter().collect()
}

/// A folder that is made if it is not there.
fn folder(path: &std::path::Path) -> Result<PathBuf, CannotServe> {
    std::fs::create_dir_all(path)
        .and_then(|()| std::path::absolute(path))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &std::path::Path, error: &io::Error) -> CannotServe {
    let what = text!("the folder {} cannot be made: {}", path.display(), reason(error));
    CannotServe(what, Some(text!("choose others with --input and --output")), Exit::Refused)
}

fn unheard(args: &ServeArgs, error: &io::Error) -> CannotServe {
    let (host, port) = (&args.host, args.port);
    if error.kind() == io::ErrorKind::AddrInUse {
        let what = text!("port {} is in use, perhaps by another `lote serve`", port);
        return CannotServe(what, Some(text!("choose another with --port")), Exit::Refused);
    }
    let what = text!("cannot listen at {}:{}: {}", host, port, reason(error));
    CannotServe(what, Some(text!("choose others with --host and --port")), Exit::Refused)
}
