// The shapes of CONTRACT.md, for the type checker only; nothing of this reaches the browser.

interface Bilingual {
  es: string;
  en: string;
}
type ParamValue = number | string | boolean;
interface ParamSpec {
  id: string;
  id_en: string;
  label: Bilingual;
  help: Bilingual;
  unit: 'none' | 'px' | 'percent' | 'bits';
  type: 'float' | 'integer' | 'text' | 'color' | 'choice' | 'bool' | 'length' | 'ratio' | 'level' | 'file' | 'font';
  transparent?: boolean;
  min?: number;
  max?: number;
  slider_max?: number;
  step?: number;
  max_chars?: number;
  endings?: string[];
  default: ParamValue | null;
  options?: { id: string; id_en: string; label: Bilingual }[];
}
interface FilterSpec {
  id: string;
  id_en: string;
  label: Bilingual;
  help: Bilingual;
  params: ParamSpec[];
  /** Ids of parameters that contradict one another: of each set not all may be given. */
  conflicts?: string[][];
}
interface Step {
  filter: string;
  params: Record<string, ParamValue>;
}
type Mode = 'processes' | 'threads';
type IfExists = 'overwrite' | 'skip' | 'rename' | 'fail';

type SandboxLevel = 'full' | 'partial' | 'off';
interface Hello {
  tipo: 'hola';
  version: string;
  instance: string;
  now_ms: number;
  cores: number;
  local: boolean;
  sandbox: { level: SandboxLevel; text: string };
  filters: FilterSpec[];
  formats: { id: string; name: string; extension: string; quality: boolean; options?: [string, string][] }[];
  limits: {
    max_workers: number;
    max_variants: number;
    max_steps: number;
    max_upload_files: number;
    max_upload_file_bytes: number;
    max_upload_bytes: number;
  };
  defaults: { mode: Mode; workers: number; quality: number; pattern: string; if_exists: IfExists; output_label: string };
}
interface ImagesSummary {
  revision: number;
  source: 'none' | 'input' | 'folder' | 'upload' | 'samples';
  label: string;
  count: number;
  excluded: number;
  skipped: number;
  bytes: number;
  loading: boolean;
}
interface ImageItem {
  id: string;
  name: string;
  folder: string;
  bytes: number;
  width_px: number | null;
  height_px: number | null;
  excluded: boolean;
  problem: { kind: string; message: string; message_es?: string | null } | null;
}
interface VariantCounts {
  ok: number;
  failed: number;
  skipped: number;
  /** Without decoding, which is on its own. */
  work_ms: number;
  decode_ms: number;
  read_bytes: number;
  written_bytes: number;
}
interface Progress {
  done: number;
  ok: number;
  failed: number;
  skipped: number;
  redone: number;
  elapsed_ms: number;
  read_bytes: number;
  written_bytes: number;
  variants: VariantCounts[];
}
type JobState = 'starting' | 'running' | 'paused' | 'cancelling' | 'finished' | 'cancelled' | 'failed';
interface Variant {
  name: string;
  steps: Step[];
  file?: string | null;
  planned: number;
}
interface Job {
  id: string;
  name: string;
  state: JobState;
  pause: { reason: 'user' | 'no_space'; needed_bytes?: number; free_bytes?: number } | null;
  error: string | null;
  error_es?: string;
  mode: Mode;
  workers: number;
  /** Whether the machines of a fleet do it. */
  fleet?: boolean;
  images: number;
  outputs: number;
  variants: Variant[];
  output_label: string;
  /** The server ended before it. */
  broke_off?: boolean;
  started_ms: number;
  ended_ms: number | null;
  progress: Progress;
}
/** A machine of a fleet. */
interface Machine {
  name: string;
  slots: number;
  version: string;
  state: 'working' | 'paused' | 'leaving' | 'refusing' | 'other' | 'lost';
  message?: string;
  message_es?: string;
  busy: number;
  /** Outputs a second. */
  rate: number;
}
interface Fleet {
  away: boolean;
  machines: Machine[];
}
/** A folder that is watched. */
interface Watch {
  id: string;
  name: string;
  output_label: string;
  variants: string[];
  state: 'waiting' | 'working' | 'stopping' | 'failed';
  ok: number;
  failed: number;
  last: string | null;
  error: string | null;
  error_es?: string;
  started_ms: number;
}
/** What a job will take. */
interface Forecast {
  bytes: number;
  seconds: number;
  variants: { variant: string; format?: string; outputs: number; failed: number; bytes: number }[];
}
interface QueuedJob {
  id: string;
  name: string;
  images: number;
  outputs: number;
}
interface Task {
  task: number;
  attempt: number;
  image: string;
  name: string;
  variants: number[];
  start_ms: number;
  next: number;
  next_start_ms: number;
  /** Whether its image is decoded: before that no output is in work. */
  decoded: boolean;
}
interface Lane {
  slot: number;
  worker: number;
  /** The machine of a fleet that it is of, and its number there. */
  machine?: string;
  number?: number;
  pid: number;
  state: 'starting' | 'ready' | 'lost' | 'stopped';
  memory_bytes: number;
  restarts: number;
  sandbox: SandboxLevel | null;
  task: Task | null;
}
type BarStatus = 'ok' | 'failed' | 'quarantined';
interface Bar {
  slot: number;
  task: number;
  attempt: number;
  /** null: the decoding of the image, before its outputs. */
  variant: number | null;
  name: string;
  start_ms: number;
  end_ms: number;
  status: BarStatus;
}
interface Crash {
  slot: number;
  worker: number;
  t_ms: number;
  start_ms: number;
  task: number | null;
  attempt: number;
  variant: number | null;
  name: string | null;
  ready_ms: number | null;
}
interface Failure {
  output: string;
  image: string;
  name: string;
  variant: number;
  kind: string;
  message: string;
  message_es?: string | null;
  attempt: number;
  detail?: string | null;
  reproduce?: string | null;
}
interface Recent {
  output: string;
  image: string;
  name: string;
  variant: number;
  bytes: number;
  /** Where an exception is made for the photo. */
  steps?: Step[];
}
interface Notice {
  id: number;
  t_ms: number;
  level: 'info' | 'warn' | 'error';
  code: string;
  args: Record<string, any>;
  message: string;
  message_es?: string | null;
}
interface OutputOptions {
  folder: string | null;
  format: string | null;
  quality: number;
  pattern: string;
  if_exists: IfExists;
  if_collides: 'fail' | 'rename';
  carry?: Carry;
}
interface Carry {
  metadata: 'keep' | 'no-location' | 'copyright' | 'none';
  profile: 'keep' | 'srgb';
  keep_dates: boolean;
}
interface JobRequest {
  mode: Mode;
  workers: number;
  variants: { name: string; steps: Step[]; files?: string[]; pattern?: string | null }[];
  exceptions?: Exception[];
  output: OutputOptions;
}
/** What one photo has otherwise in a step of an output: values of its parameters beside what names it. */
type Exception = { image: string; variant: string; step: string | number } & Record<string, ParamValue>;
interface CompareRun {
  mode: Mode;
  workers: number;
  seconds: number[];
  images_per_s: number;
  peak_memory_bytes: number;
}
interface CrashCost {
  interrupted: number;
  lost: number;
  replaced_ms: number;
}
interface Compare {
  state: 'none' | 'running' | 'finished' | 'cancelled' | 'failed';
  error?: string | null;
  error_es?: string;
  images: number;
  steps: Step[];
  repeats: number;
  done: number;
  total: number;
  runs: CompareRun[];
  crash: { processes: CrashCost; threads: CrashCost } | null;
}
interface Isolation {
  state: 'none' | 'running' | 'finished';
  worker: number;
  reason: string;
  reason_es?: string;
  replaced_ms: number;
  redone: number;
  lost: number;
  proof: { outputs: number; sha256: string; undisturbed: string } | null;
}
interface Snapshot {
  tipo: 'instantanea';
  n: number;
  t_ms: number;
  images: ImagesSummary;
  job: Job | null;
  queue: QueuedJob[];
  lanes: Lane[];
  bars: Bar[];
  crashes: Crash[];
  failures: Failure[];
  recent: Recent[];
  notices: Notice[];
  settings: JobRequest | null;
  compare: Compare;
  isolation: Isolation;
  watches: Watch[];
  fleet?: Fleet;
}
type StreamEvent =
  | ({ event: 'bar' } & Bar)
  | { event: 'idle'; slot: number }
  | { event: 'fleet'; fleet: Fleet }
  | { event: 'rates'; machines: [number, number, number][] }
  | { event: 'task'; slot: number; t_ms: number; task: number; attempt: number; image: string; name: string; variants: number[] }
  | { event: 'decoded'; slot: number; task: number; attempt: number; name: string; start_ms: number; end_ms: number }
  | {
      event: 'output';
      slot: number;
      task: number;
      attempt: number;
      variant: number;
      image: string;
      name: string;
      start_ms: number;
      end_ms: number;
      status: BarStatus;
      output: string;
      output_name: string;
      bytes: number;
      steps?: Step[];
      kind?: string;
      message?: string;
      message_es?: string | null;
      detail?: string | null;
      reproduce?: string | null;
    }
  | {
      event: 'worker';
      worker: number;
      t_ms: number;
      state: 'started' | 'ready' | 'lost' | 'stopped';
      pid?: number;
      reason?: string;
      replaced_ms?: number;
      sandbox?: SandboxLevel;
    }
  | { event: 'lanes'; lanes: Lane[] }
  | { event: 'memory'; workers: [number, number][] }
  | { event: 'job'; job: Job | null; queue: QueuedJob[] }
  | { event: 'settings'; settings: JobRequest }
  | { event: 'retried'; outputs: string[] | null }
  | { event: 'images'; images: ImagesSummary }
  | { event: 'notice'; notice: Notice }
  | { event: 'compare'; compare: Compare }
  | { event: 'isolation'; isolation: Isolation }
  | { event: 'watches'; watches: Watch[] }
  | { event: 'recipes' };
interface Changes {
  tipo: 'cambios';
  n: number;
  t_ms: number;
  progress: Progress | null;
  events: StreamEvent[];
}

interface OutputItem {
  output: string;
  image: string;
  name: string;
  variant: number;
  status: BarStatus;
  bytes: number;
  kind: string | null;
  message: string | null;
  message_es?: string | null;
}
interface RecipeItem {
  id: string;
  name: string;
  recipe: JobRequest;
}
/** A recipe that comes with the program. */
interface BuiltInRecipe {
  name: Bilingual;
  help: Bilingual;
  recipe: JobRequest;
}
interface FolderListing {
  id: string;
  label: string;
  parent: string | null;
  images: number;
  folders: {
    id: string;
    name: string;
    images: number | null;
    bytes?: number | null;
    folders?: number | null;
    others?: [string, number] | null;
    problem?: 'permission' | 'unreadable' | null;
  }[];
}

/** What the monitor computes four times a second. */
interface Metrics {
  rate: number | null;
  history: number[];
  efficiency: number | null;
  busy: number | null;
  eta_ms: number | null;
  /** Of the decoding of an image. */
  decode: { p50: number; p95: number } | null;
  quantiles: ({ p50: number; p95: number } | null)[];
}

/** The parts of the state that the page shows, each replaced as a whole when it changes. */
interface Sections {
  images: ImagesSummary;
  job: Job | null;
  queue: QueuedJob[];
  lanes: Lane[];
  /** Only the monitor, which draws them, has use for them. */
  crashes: Crash[];
  failures: Failure[];
  recent: Recent[];
  notices: Notice[];
  settings: JobRequest | null;
  compare: Compare;
  isolation: Isolation;
  watches: Watch[];
  fleet: Fleet | null;
  recipes: number;
}
type FromMonitor =
  | { kind: 'link'; state: 'connecting' | 'open' | 'closed'; retry_at: number }
  | { kind: 'hello'; hello: Hello; restarted: boolean }
  | { kind: 'patch'; whole: boolean; sections: Partial<Sections>; metrics?: Metrics };

/** Lanes of a machine that pages are told of only when they ask. */
interface AskedLanes {
  lanes: Lane[];
  bars: Bar[];
  crashes: Crash[];
}
/** Asks the monitor for a way to the lanes, of one machine or all, and to draw them if there is a canvas. */
interface PlotOrder {
  canvas?: OffscreenCanvas;
  machine?: string;
  port: MessagePort;
}
interface Palette {
  lane: string;
  line: string;
  bad: string;
  ink: string;
  accent: string;
  surface: string;
  /** Of outputs; the last is that of decoding. */
  colours: string[];
}
/** How a plot looks: `width` in CSS px, `scale`: its pixels in one of CSS, `letter` before the number of a lane, `places` of the variants' outputs; the cursor's `ago` is a part of the window. */
interface PlotLook {
  width: number;
  scale: number;
  span: 'auto' | '30' | 'all';
  isStill: boolean;
  letter: string;
  places: number[];
  cursor: { row: number; ago: number } | null;
  paint: Palette;
}
/** What a lane did at a time; `variant` null: decoding. `isWork`: of a loss, whether it was at work then; `ms`: until it was replaced. */
interface LaneMoment {
  what: 'lost' | 'work' | 'ok' | 'failed' | 'redone';
  name: string | null;
  variant: number | null;
  isWork?: boolean;
  ms: number | null;
}
interface LaneSum {
  done: number;
  failed: number;
  last: { name: string; ms: number } | null;
}

interface TrustedTypePolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): any };
}
interface Window {
  trustedTypes?: TrustedTypePolicyFactory;
}
interface FileSystemEntryLike {
  isFile: boolean;
  isDirectory: boolean;
  name: string;
  fullPath: string;
}
