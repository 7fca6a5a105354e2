//! The arguments, as they are described to the user.

use std::path::PathBuf;

use crate::fleet_args::{self, FleetArgs};
use clap::{Args, Parser, Subcommand};
use lote_engine::event::Mode;
use lote_engine::job::{IfLarger, Options};
use lote_engine::plan::{IfCollides, IfExists, Pattern};
use lote_engine::quantity;
use lote_engine::roots::Root;
use lote_protocol::carry::{Keep, Profile, Statements};
use lote_protocol::encoding::{Encoding, Subsampling};
use lote_protocol::format::FormatId;
use lote_protocol::sandbox::Policy;

use super::choice;

/// Batch image processing in isolated worker processes
#[derive(Debug, Parser)]
#[command(name = "lote", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "\
Exit codes: 0 all done or there already, 1 some images failed, 2 usage, 3 nothing to do,
4 refused before starting, 5 workers could not start or kept dying, 130/143 interrupted.

Messages are in Spanish when LOTE_LANG or the locale says es.")]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Sub,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more: every output; twice for what the master and its workers log
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: clap::ColorChoice,
    /// Take defaults from FILE and not from lote.toml in the configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Sub {
    /// Open the web page to process images with
    #[command(visible_alias = "servir")]
    Serve(ServeArgs),
    /// Process images and folders of images
    #[command(
        visible_alias = "procesar",
        override_usage = "\
lote run [OPTIONS] --filter <FILTER> <PATH>...
       lote run [OPTIONS] --recipe <FILE|NAME> <PATH>...
       lote run [OPTIONS] --resume [--output <DIR>]"
    )]
    Run(Box<RunArgs>),
    /// Process what appears or changes in folders, until it is told to end
    #[command(visible_alias = "vigilar")]
    Watch(Box<WatchArgs>),
    /// Repeat the last job of an output folder, or what failed in it
    #[command(visible_alias = "repetir")]
    Rerun(RerunArgs),
    /// Work for the jobs of other machines that see the same folders, until it is told to end
    #[command(visible_alias = "agente")]
    Agent(AgentArgs),
    /// Show or change what many machines do together
    #[command(visible_alias = "flota")]
    Fleet(FleetCommand),
    /// Measure processes against threads: time, memory, and what a crash costs
    #[command(visible_alias = "comparar")]
    Compare(CompareArgs),
    /// Strike the own workers in mid-job, as processes and as threads; prove that nothing is lost
    Demo(DemoArgs),
    /// Write sample images: gradients, figures, patterns
    #[command(visible_alias = "muestras")]
    Samples(SamplesArgs),
    /// Show what this machine offers, and whether workers start
    Doctor(DoctorArgs),
    /// List the filters and their parameters
    #[command(visible_alias = "filtros")]
    Filters(FilterArgs),
    /// List the recipes, or print one
    #[command(visible_alias = "recetas")]
    Recipes(RecipeArgs),
    /// List the formats that are read and written
    #[command(visible_alias = "formatos")]
    Formats(FilterArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages to a folder
    Manual {
        /// The folder to write them to
        dir: PathBuf,
    },
    /// Run a worker by hand, for debuggers and profilers
    Worker(WorkerArgs),
}

/// What is read and what is made of it.
#[derive(Debug, Args)]
pub(super) struct InputArgs {
    /// Images, and folders of images
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Filter, or chain of filters joined by +; each -f makes one output an image.
    /// -f grises  -f blur:radius=8  -f "web=resize:percent=50+watermark:text=Hola"
    #[arg(short, long = "filter", required = true, value_name = "FILTER", verbatim_doc_comment)]
    pub(super) filters: Vec<String>,
    /// Search folders with everything below them
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
}

/// How files are encoded that do not say it themselves, as in `@jpeg:calidad=82`.
#[derive(Debug, Clone, Args)]
pub(super) struct EncodingArgs {
    /// Quality of lossy formats  [default: 75]
    #[arg(long, value_name = "1-100", value_parser = quantity::whole::<u8>(1, 100))]
    pub(super) quality: Option<u8>,
    /// How coarse colour is in JPEG: auto, input, 420, 422, 444
    #[arg(long, value_name = "HOW", value_parser = choice::subsampling)]
    pub(super) subsampling: Option<Subsampling>,
    /// Whether JPEGs are seen as a whole while they load
    #[arg(long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes",
          value_parser = choice::yes_or_no)]
    pub(super) progressive: Option<bool>,
}

impl EncodingArgs {
    /// As an encoding.
    pub(super) fn encoding(&self) -> Encoding {
        let Self { quality, subsampling, progressive } = *self;
        Encoding { quality, subsampling, progressive, ..Encoding::default() }
    }
}

/// How workers work.
#[derive(Debug, Clone, Args)]
pub(super) struct WorkArgs {
    /// How many images are worked on at the same time  [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = quantity::whole::<u32>(1, 1024))]
    pub(super) jobs: Option<u32>,
    /// Seconds that an image may take  [default: 60, and 2 for each megapixel and output]
    #[arg(long, value_name = "SECONDS", value_parser = quantity::seconds)]
    pub(super) timeout: Option<std::time::Duration>,
    /// Memory that a worker may use: 800M, 2G
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
    pub(super) max_memory: Option<u64>,
    /// Largest image, in pixels, all frames or pages together  [default: 250M]
    #[arg(long, value_name = "PIXELS", value_parser = quantity::count)]
    pub(super) max_pixels: Option<u64>,
    /// Most frames of an animation, or pages of a file  [default: 5000]
    #[arg(long, value_name = "N", value_parser = quantity::count)]
    pub(super) max_frames: Option<u64>,
    /// Whether workers confine themselves to their inputs and outputs: as far as this system can,
    /// wholly or not at all, or not  [default: auto]
    #[arg(long, value_parser = choice::sandbox(), value_name = "HOW")]
    pub(super) sandbox: Option<Policy>,
    /// Start this as a worker in place of the program itself: "valgrind lote-worker"
    #[arg(long, value_name = "COMMAND")]
    pub(super) worker_command: Option<String>,
}

/// How a job is shown.
#[derive(Debug, Clone, Args)]
pub(super) struct ShowArgs {
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// With -n: make some of the images, and tell how large the outputs will be and how long it takes
    #[arg(long, requires = "dry_run")]
    pub(super) forecast: bool,
    /// Write the figures of the run to standard output, as JSON
    #[arg(long, conflicts_with = "ndjson")]
    pub(super) json: bool,
    /// Write events to standard output, a JSON object a line
    #[arg(long)]
    pub(super) ndjson: bool,
}

/// What goes with the pixels.
#[derive(Debug, Clone, Args)]
pub(super) struct CarryArgs {
    /// Which metadata are kept, of EXIF, XMP, IPTC and comments alike: all, all that say no place, only
    /// whose the image is, or none. Resolution and profile always are  [default: keep]
    #[arg(long, value_parser = choice::metadata(), value_name = "WHICH")]
    pub(super) metadata: Option<Keep>,
    /// State this in all metadata that the format has: artist=…, copyright=…, description=…,
    /// keywords=a;b
    #[arg(long, value_name = "NAME=VALUE", value_parser = quantity::statement)]
    pub(super) set: Vec<String>,
    /// Which colours the outputs are in: those of each image, or sRGB, to which pixels are converted
    /// [default: keep]
    #[arg(long, value_parser = choice::profile(), value_name = "WHICH")]
    pub(super) profile: Option<Profile>,
    /// Give outputs the time at which their images were changed
    #[arg(long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = choice::yes_or_no)]
    pub(super) keep_dates: Option<bool>,
}

impl CarryArgs {
    /// As options of a job.
    pub(super) fn options(&self) -> Options {
        let mut set = Statements::default();
        for statement in &self.set {
            // They have been read once while arguments were.
            let _ = set.add(statement);
        }
        Options {
            metadata: self.metadata,
            set: (!set.is_empty()).then_some(set),
            profile: self.profile,
            keep_dates: self.keep_dates,
            ..Options::default()
        }
    }
}

/// What is made of every image, from where, and what it is called.
#[derive(Debug, Clone, Args)]
pub(super) struct MakeArgs {
    /// Filter, or chain of filters joined by +; each -f makes one output an image.
    /// -f grises  -f blur:radius=8  -f "web=resize:percent=50+watermark:text=Hola"
    #[arg(short, long = "filter", value_name = "FILTER", verbatim_doc_comment)]
    pub(super) filters: Vec<String>,
    /// Make what a recipe says, besides what -f says; `lote recipes` lists them. Other options come
    /// before the recipe's
    #[arg(long, value_name = "FILE|NAME")]
    pub(super) recipe: Option<String>,
    /// Search folders with everything below them, but for folders of the system and hidden ones
    #[arg(short = 'R', long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = choice::yes_or_no)]
    pub(super) recursive: Option<bool>,
    /// Take only files whose name matches, or whose path below PATH if GLOB has a /; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Leave out files and folders whose name or path matches; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Take raw files of folders (DNG, NEF, CR2 …) also beside another image of the same name
    #[arg(long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = choice::yes_or_no)]
    pub(super) raw: Option<bool>,
    /// Folder for the outputs; - is standard output, for one image
    #[arg(short, long, value_name = "DIR", default_value = "output_images")]
    pub(super) output: PathBuf,
    /// Where outputs go below DIR, and what they are called: {name} {variant} {dir} {n:04} {page}
    /// {date} {date:%Y-%m} {time} {width} {height} {format}. Without a /, it is the file's name in
    /// {variant}/{dir}/  [default: {variant}/{dir}/{name}_{variant}]
    #[arg(long, value_name = "PATTERN")]
    pub(super) pattern: Option<Pattern>,
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// Many processes, or one process with many threads  [default: processes]
    #[arg(long, value_parser = choice::mode())]
    pub(super) mode: Option<Mode>,
    /// Format of the outputs  [default: as each input]
    #[arg(long, value_name = "FORMAT", value_parser = choice::format)]
    pub(super) format: Option<FormatId>,
    #[command(flatten)]
    pub(super) encoding: EncodingArgs,
    /// What to write where nothing changes the picture and the result is larger than its input
    /// [default: write]
    #[arg(long, value_parser = choice::if_larger(), value_name = "WHAT")]
    pub(super) if_larger: Option<IfLarger>,
    /// Colour behind transparent pixels where the format has none  [default: #ffffff]
    #[arg(long, value_name = "#RRGGBB", value_parser = quantity::color)]
    pub(super) background: Option<[u8; 3]>,
    #[command(flatten)]
    pub(super) carry: CarryArgs,
    /// What to do about outputs that exist  [default: overwrite]
    #[arg(long, value_parser = choice::if_exists(), value_name = "POLICY")]
    pub(super) if_exists: Option<IfExists>,
    /// What to do about images whose outputs would have the same name  [default: fail]
    #[arg(long, value_parser = choice::if_collides(), value_name = "POLICY")]
    pub(super) if_collides: Option<IfCollides>,
    /// Force every output to the disk before it counts as made
    #[arg(long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = choice::yes_or_no)]
    pub(super) durable: Option<bool>,
}

/// What a job with `s3://…` needs on this machine.
#[derive(Debug, Clone, Args)]
pub(super) struct StoreArgs {
    /// With `s3://…`: where images and outputs lie while they are worked on
    /// [default: lote/spool in the cache folder]
    #[arg(long, value_name = "DIR", help_heading = "Stores")]
    pub(super) spool: Option<PathBuf>,
    /// About what those may take: 800M, 2G  [default: 2G]
    #[arg(long, value_name = "BYTES", help_heading = "Stores", value_parser = quantity::bytes)]
    pub(super) spool_max: Option<u64>,
    /// With outputs to `s3://…`: the folder of their record  [default: below lote/records in the state
    /// folder]
    #[arg(long, value_name = "DIR", help_heading = "Stores")]
    pub(super) record: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AgentArgs {
    #[command(flatten)]
    pub(super) fleet: FleetArgs,
    /// What this agent is called  [default: the machine's name and four random characters]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// How many images are worked on at the same time  [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = quantity::whole::<u32>(1, 1024))]
    pub(super) jobs: Option<u32>,
    /// Whether workers confine themselves to their inputs and outputs: as far as this system can,
    /// wholly or not at all, or not  [default: auto]
    #[arg(long, value_parser = choice::sandbox(), value_name = "HOW")]
    pub(super) sandbox: Option<Policy>,
    /// Start this as a worker in place of the program itself: "valgrind lote-worker"
    #[arg(long, value_name = "COMMAND")]
    pub(super) worker_command: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct FleetCommand {
    #[command(subcommand)]
    pub(super) command: FleetSub,
}

#[derive(Debug, Subcommand)]
pub(super) enum FleetSub {
    /// Show the agents that are there, and the jobs
    #[command(visible_alias = "estado")]
    Status {
        #[command(flatten)]
        fleet: FleetArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the configuration of a server for a fleet, with new passwords, to standard output
    Kit {
        /// The name by which all machines reach the server; localhost takes no other machines
        #[arg(long, value_name = "HOST")]
        host: String,
        /// The port
        #[arg(long, value_name = "PORT", default_value_t = 4222, value_parser = quantity::whole::<u16>(1, 65_535))]
        port: u16,
        /// The folder that the server keeps its queue in
        #[arg(long, value_name = "DIR", default_value = "./lote-fleet")]
        store: String,
    },
    /// Have nothing more made of a job
    #[command(visible_alias = "cancelar")]
    Cancel {
        /// The job, as `lote fleet status` names it
        job: String,
        #[command(flatten)]
        fleet: FleetArgs,
    },
    /// Have an agent finish what it has begun, and end
    #[command(visible_alias = "retirar")]
    Drain {
        /// The agent, as `lote fleet status` names it
        agent: String,
        #[command(flatten)]
        fleet: FleetArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Images, and folders of images; - is standard input, for one image
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Also take the images and folders that FILE lists, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,
    /// The list is separated by NUL characters, as `find -print0` writes it
    #[arg(short = '0', long = "null", requires = "files_from")]
    pub(super) null: bool,
    #[command(flatten)]
    pub(super) make: MakeArgs,
    /// Go on where the runs before ended: make no output again that is on record in DIR/.lote and
    /// has not changed since, nor its image or filter. Without FILTER, do all that the last job in
    /// DIR was asked for, if its inputs are in PATH, beside DIR or in the current folder
    #[arg(long, alias = "reanudar")]
    pub(super) resume: bool,
    /// With --resume and without FILTER: do what is on record wherever its inputs are
    #[arg(long, requires = "resume")]
    pub(super) trust_record: bool,
    /// Make only this part of the images: 3/16 is the third of sixteen, each of which may run on another
    /// machine that sees the same folders. auto asks Slurm or Kubernetes which it is
    #[arg(long, value_name = "PART")]
    pub(super) shard: Option<String>,
    /// The name that the parts of a job have in common, so that they can see whether all have found
    /// the same images  [default: that of the Slurm array]
    #[arg(long, value_name = "NAME", requires = "shard")]
    pub(super) job: Option<String>,
    /// Write a report when the run is over: FILE.html, FILE.csv or FILE.json
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Write what is asked for as a recipe to standard output, and do nothing
    #[arg(long)]
    pub(super) print_recipe: bool,
    #[command(flatten)]
    pub(super) fleet: FleetArgs,
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) show: ShowArgs,
    /// Let workers join that were started by hand: `lote worker connect SOCKET`
    #[arg(long)]
    pub(super) external_workers: bool,
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Folders to watch, with everything below them
    #[arg(required = true, value_name = "DIR")]
    pub(super) folders: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) make: MakeArgs,
    /// Seconds that a file has to stand still before it is taken
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = quantity::seconds)]
    pub(super) settle: std::time::Duration,
    /// Write events to standard output, a JSON object a line
    #[arg(long)]
    pub(super) ndjson: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecipeArgs {
    #[command(subcommand)]
    pub(super) command: Option<RecipeSub>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RecipeSub {
    /// Print a recipe
    #[command(visible_alias = "ver")]
    Show {
        /// The recipe's name, or its file
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// Where the inputs of the job are, if neither beside the outputs nor in the current folder
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The folder with the outputs of the job
    #[arg(short, long, value_name = "DIR", default_value = "output_images")]
    pub(super) output: PathBuf,
    /// Only what failed, and leave what is there
    #[arg(long, alias = "fallidas")]
    pub(super) failed: bool,
    /// Do what is on record wherever its inputs are
    #[arg(long, alias = "confiar-registro")]
    pub(super) trust_record: bool,
    /// Settings that are not given are as they were
    #[command(flatten)]
    pub(super) work: WorkArgs,
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) show: ShowArgs,
}

#[derive(Debug, Args)]
#[command(mut_arg("roots", |root| {
    root.help("Folder that images may be chosen from in the page, with those below it, and the name that it \
goes by in a fleet; with :ro it takes no outputs. Repeatable [default: the input folder]")
        .value_name("[NAME=]DIR")
        .help_heading(None::<&str>)
}))]
pub(super) struct ServeArgs {
    /// Folder with images to begin with; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "input_images")]
    pub(super) input: PathBuf,
    /// Folder for the outputs; it is made if need be
    #[arg(short, long, value_name = "DIR", default_value = "output_images")]
    pub(super) output: PathBuf,
    /// Address to listen at; any but this machine's own needs the token that is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(super) host: String,
    /// Port to listen at; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8765, value_parser = quantity::whole::<u16>(0, 65_535))]
    pub(super) port: u16,
    /// Open the page in the browser
    #[arg(long)]
    pub(super) open: bool,
    /// Keep the token in FILE, which is made if need be, so that it stays the same; then everyone
    /// needs it, this machine included
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Let the pages of another origin, such as `http://localhost:3000`, use the server; repeatable
    #[arg(long, value_name = "ORIGIN")]
    pub(super) allow_origin: Vec<String>,
    /// Force every output to the disk before it counts as made
    #[arg(long, value_name = "yes/no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = choice::yes_or_no)]
    pub(super) durable: Option<bool>,
    #[command(flatten)]
    pub(super) work: WorkArgs,
    #[command(flatten)]
    pub(super) fleet: FleetArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = quantity::whole::<u32>(1, 100))]
    pub(super) rounds: u32,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// How many sample images
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = quantity::whole::<u32>(8, 10_000))]
    pub(super) images: u32,
    /// Keep the images and outputs in this folder
    #[arg(long, value_name = "DIR")]
    pub(super) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SamplesArgs {
    /// The folder to write them to
    pub(super) dir: PathBuf,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = quantity::whole::<u32>(1, 100_000))]
    pub(super) count: u32,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// Try what files can do in this folder, which a fleet is to share: names, locks, times. Repeatable
    #[arg(long = "root", value_name = "NAME=DIR", value_parser = fleet_args::root)]
    pub(super) roots: Vec<Root>,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// As JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(super) json: bool,
    /// As a table for documentation
    #[arg(long, hide = true)]
    pub(super) markdown: bool,
}

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    #[command(subcommand)]
    pub(super) command: WorkerSub,
}

#[derive(Debug, Subcommand)]
pub(super) enum WorkerSub {
    /// Make one output of one image, in this process
    Apply {
        /// The image
        #[arg(value_name = "IMAGE")]
        input: PathBuf,
        /// Where the output goes; its ending chooses the format
        #[arg(value_name = "OUTPUT")]
        output: PathBuf,
        /// Filter, or chain of filters joined by +
        #[arg(short, long = "filter", required = true, value_name = "FILTER")]
        filter: String,
        /// Only this frame or page, from 1
        #[arg(long, value_name = "N", value_parser = quantity::whole::<u32>(1, 1 << 16))]
        page: Option<u32>,
        #[command(flatten)]
        encoding: EncodingArgs,
        /// Whether it confines itself to its input and the folder of its output
        #[arg(long, value_parser = choice::sandbox(), value_name = "HOW", default_value = "off")]
        sandbox: Policy,
        /// Colour behind transparent pixels where the format has none
        #[arg(long, value_name = "#RRGGBB", default_value = "#ffffff", value_parser = quantity::color)]
        background: [u8; 3],
        #[command(flatten)]
        carry: CarryArgs,
        /// Memory that this process may use: 800M, 2G
        #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
        max_memory: Option<u64>,
        /// Largest image, in pixels, all frames or pages together  [default: 250M]
        #[arg(long, value_name = "PIXELS", value_parser = quantity::count)]
        max_pixels: Option<u64>,
        /// Most frames of an animation, or pages of a file  [default: 5000]
        #[arg(long, value_name = "N", value_parser = quantity::count)]
        max_frames: Option<u64>,
    },
    /// Work for the master that listens at SOCKET (printed by `lote run --external-workers`)
    Connect {
        /// The socket
        socket: PathBuf,
    },
}
