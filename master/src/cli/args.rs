//! The arguments, as they are described to the user.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use lote_protocol::format::FormatId;

use super::choice::{self, IfCollidesArg, IfExistsArg, ModeArg, SandboxArg};
use super::quantity;

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
       lote run [OPTIONS] --resume [--output <DIR>]"
    )]
    Run(RunArgs),
    /// Repeat the last job of an output folder, or what failed in it
    #[command(visible_alias = "repetir")]
    Rerun(RerunArgs),
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
    /// List the formats that are read and written
    #[command(visible_alias = "formatos")]
    Formats(FilterArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
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

/// How workers work.
#[derive(Debug, Clone, Args)]
pub(super) struct WorkArgs {
    /// How many images are worked on at the same time  [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) jobs: Option<u32>,
    /// Seconds that an image may take  [default: 60, and 2 for each megapixel and output]
    #[arg(long, value_name = "SECONDS", value_parser = quantity::seconds)]
    pub(super) timeout: Option<std::time::Duration>,
    /// Memory that a worker may use: 800M, 2G
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
    pub(super) max_memory: Option<u64>,
    /// Largest image, in pixels: 250M
    #[arg(long, value_name = "PIXELS", value_parser = quantity::count)]
    pub(super) max_pixels: Option<u64>,
    /// Whether workers confine themselves to their inputs and outputs: as far as this system can,
    /// wholly or not at all, or not
    #[arg(long, value_enum, value_name = "HOW", default_value_t = SandboxArg::Auto)]
    pub(super) sandbox: SandboxArg,
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
    /// Write the figures of the run to standard output, as JSON
    #[arg(long, conflicts_with = "ndjson")]
    pub(super) json: bool,
    /// Write events to standard output, a JSON object a line
    #[arg(long)]
    pub(super) ndjson: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Images, and folders of images
    #[arg(required_unless_present = "resume", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Filter, or chain of filters joined by +; each -f makes one output an image.
    /// -f grises  -f blur:radius=8  -f "web=resize:percent=50+watermark:text=Hola"
    #[arg(
        short,
        long = "filter",
        required_unless_present = "resume",
        requires = "paths",
        value_name = "FILTER",
        verbatim_doc_comment
    )]
    pub(super) filters: Vec<String>,
    /// Search folders with everything below them
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    /// Folder for the outputs: DIR/<filter>/<name>_<filter>.<ending>
    #[arg(short, long, value_name = "DIR", default_value = "output_images")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// Many processes, or one process with many threads
    #[arg(long, value_enum, default_value_t = ModeArg::Processes)]
    pub(super) mode: ModeArg,
    /// Format of the outputs  [default: as each input]
    #[arg(long, value_name = "FORMAT", value_parser = choice::format)]
    pub(super) format: Option<FormatId>,
    /// JPEG and WebP quality
    #[arg(long, value_name = "1-100", default_value_t = 75,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) quality: u8,
    /// Colour behind transparent pixels where the format has none
    #[arg(long, value_name = "#RRGGBB", default_value = "#ffffff", value_parser = quantity::color)]
    pub(super) background: [u8; 3],
    /// What to do about outputs that exist
    #[arg(long, value_enum, default_value_t = IfExistsArg::Overwrite)]
    pub(super) if_exists: IfExistsArg,
    /// What to do about images whose outputs would have the same name
    #[arg(long, value_enum, default_value_t = IfCollidesArg::Fail)]
    pub(super) if_collides: IfCollidesArg,
    /// Go on where the runs before ended: make no output again that is on record in DIR/.lote and
    /// has not changed since, nor its image or filter. Without FILTER, do all that the last job in
    /// DIR was asked for, if its inputs are in PATH, beside DIR or in the current folder
    #[arg(long, alias = "reanudar")]
    pub(super) resume: bool,
    /// With --resume and without FILTER: do what is on record wherever its inputs are
    #[arg(long, alias = "confiar-registro", requires = "resume")]
    pub(super) trust_record: bool,
    /// Force every output to the disk before it counts as made
    #[arg(long)]
    pub(super) durable: bool,
    #[command(flatten)]
    pub(super) show: ShowArgs,
    /// Let workers join that were started by hand: `lote worker connect SOCKET`
    #[arg(long)]
    pub(super) external_workers: bool,
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
    pub(super) show: ShowArgs,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Folder with images to begin with; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "input_images")]
    pub(super) input: PathBuf,
    /// Folder for the outputs; it is made if need be
    #[arg(short, long, value_name = "DIR", default_value = "output_images")]
    pub(super) output: PathBuf,
    /// Folder that images may be chosen from in the page, with those below it; repeatable
    /// [default: the input folder]
    #[arg(long = "root", value_name = "DIR")]
    pub(super) roots: Vec<PathBuf>,
    /// Address to listen at; any but this machine's own needs the token that is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(super) host: String,
    /// Port to listen at; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8765)]
    pub(super) port: u16,
    /// Open the page in the browser
    #[arg(long)]
    pub(super) open: bool,
    /// Let the pages of another origin, such as `http://localhost:3000`, use the server; repeatable
    #[arg(long, value_name = "ORIGIN")]
    pub(super) allow_origin: Vec<String>,
    /// Force every output to the disk before it counts as made
    #[arg(long)]
    pub(super) durable: bool,
    #[command(flatten)]
    pub(super) work: WorkArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
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
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = clap::value_parser!(u32).range(8..=10_000))]
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
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) count: u32,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) work: WorkArgs,
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
        input: PathBuf,
        /// Where the output goes; its ending chooses the format
        output: PathBuf,
        /// Filter, or chain of filters joined by +
        #[arg(short, long = "filter", required = true, value_name = "FILTER")]
        filter: String,
        /// JPEG and WebP quality
        #[arg(long, value_name = "1-100", default_value_t = 75,
              value_parser = clap::value_parser!(u8).range(1..=100))]
        quality: u8,
        /// Whether it confines itself to its input and the folder of its output
        #[arg(long, value_enum, value_name = "HOW", default_value_t = SandboxArg::Off)]
        sandbox: SandboxArg,
        /// Colour behind transparent pixels where the format has none
        #[arg(long, value_name = "#RRGGBB", default_value = "#ffffff", value_parser = quantity::color)]
        background: [u8; 3],
        /// Memory that this process may use: 800M, 2G
        #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
        max_memory: Option<u64>,
        /// Largest image, in pixels: 250M
        #[arg(long, value_name = "PIXELS", value_parser = quantity::count)]
        max_pixels: Option<u64>,
    },
    /// Work for the master that listens at SOCKET (printed by `lote run --external-workers`)
    Connect {
        /// The socket
        socket: PathBuf,
    },
}
