//! A worker that does what no worker should do. Only tests start it.
//!
//! `LOTE_TEST_MANNERS` says how it behaves from its start; see [`enter`]. Beyond that the name of
//! a task's input decides, so that one image can be singled out; see [`run`]. An image called
//! `die-STATE-…` has the worker die in that state of the protocol, once; see [`dies`]. Whatever is
//! not named there is done by the code of the real worker.

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    worker::main()
}

#[cfg(unix)]
mod escapes;

#[cfg(unix)]
mod worker {
    use std::fs;
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::process::{ExitCode, abort, exit, id};
    use std::sync::{Arc, LazyLock, Mutex, mpsc};
    use std::thread;
    use std::time::Duration;

    use lote_protocol::frame::{self, FrameBuffer};
    use lote_protocol::message::{
        Command, Hello, Report, Size, Stage, TOKEN_VARIABLE, Token, Written,
    };
    use lote_protocol::outcome::{Failure, FailureKind};
    use lote_protocol::task::{Limits, Order, Task};
    use lote_protocol::temporary::{self, Owner};
    use lote_protocol::version;
    use lote_worker::assets::Shelf;
    use lote_worker::entry::EXIT_REFUSED;
    use lote_worker::output::Temporaries;
    use lote_worker::process_limits;
    use lote_worker::sandbox::{self, Needs};
    use lote_worker::task::{self, Bench, Progress};

    use crate::escapes::{self, Place};

    /// Bytes that are no message, whatever comes before them.
    const GARBAGE: [u8; 64] = [0xff; 64];

    /// Looked up before the sandbox hides what it follows from.
    static OWNER: LazyLock<Owner> = LazyLock::new(Owner::this);

    pub(super) fn main() -> ExitCode {
        LazyLock::force(&OWNER);
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        let [command, socket] = arguments.as_slice() else { return ExitCode::from(2) };
        assert_eq!(command, "connect");
        let manners = std::env::var("LOTE_TEST_MANNERS").unwrap_or_default();
        match manners.as_str() {
            "exit-0" => return ExitCode::SUCCESS,
            "exit-3" => {
                let _ = writeln!(io::stderr(), "something is missing");
                return ExitCode::from(3);
            }
            _ => {}
        }
        let socket = Path::new(socket);
        match UnixStream::connect(socket).and_then(|stream| enter(stream, socket, &manners)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(io::stderr(), "{error}");
                ExitCode::FAILURE
            }
        }
    }

    /// Says Hello, in the way that its manners tell, and works.
    fn enter(mut stream: UnixStream, socket: &Path, manners: &str) -> io::Result<()> {
        let mut preamble = version::preamble();
        let mut token = std::env::var(TOKEN_VARIABLE).ok().and_then(|text| Token::from_hex(&text));
        match manners {
            "no-worker" => preamble.copy_from_slice(b"GET / HTTP/1.1\r\nHost"),
            "wrong-version" => preamble[8] ^= 0x40,
            "wrong-build" => preamble[12] ^= 0x40,
            "wrong-token" => token = Some(Token([7; 16])),
            _ => {}
        }
        stream.write_all(&preamble)?;
        if is_doomed() {
            abort();
        }
        if manners == "garbage-for-hello" {
            stream.write_all(&GARBAGE)?;
        } else {
            let token = token.unwrap_or(Token([0; 16]));
            send(&stream, &Hello { pid: id(), token })?;
        }
        let mut frames = FrameBuffer::new();
        match receive(&mut stream, &mut frames)? {
            Some(Command::Welcome { slots, limits, max_memory_bytes, sandbox }) => {
                if let Some(bytes) = max_memory_bytes {
                    process_limits::bound_memory(bytes)?;
                }
                let needs = Needs { slots, memory_bytes: max_memory_bytes };
                let sandbox = sandbox::enter(&sandbox, needs).map_err(io::Error::other)?;
                send(&stream, &Report::Prepared { sandbox })?;
                work(stream, frames, socket, slots, limits)
            }
            Some(Command::Refuse { reason }) => {
                let _ = writeln!(io::stderr(), "the master refused this worker: {reason}");
                exit(i32::from(EXIT_REFUSED))
            }
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Does tasks until the master has had enough.
    fn work(
        mut stream: UnixStream,
        mut frames: FrameBuffer,
        socket: &Path,
        slots: u32,
        limits: Limits,
    ) -> io::Result<()> {
        let out = Arc::new(Mutex::new(stream.try_clone()?));
        let mut threads = Vec::new();
        let mut inboxes = Vec::new();
        for slot in 0..slots {
            let (inbox, tasks) = mpsc::channel::<Task>();
            let (out, socket) = (Arc::clone(&out), socket.to_owned());
            inboxes.push(inbox);
            threads.push(thread::spawn(move || {
                let temporaries = Temporaries::new(*OWNER);
                let shelf = Shelf::default();
                let mut bench = Bench::new(limits, &temporaries, &shelf);
                for task in tasks {
                    run(slot, task, &mut bench, &out, &socket);
                }
            }));
        }
        while let Some(command) = receive(&mut stream, &mut frames)? {
            match command {
                Command::Run { slot, task, .. } => drop(inboxes[slot as usize].send(task)),
                Command::Stop => {
                    inboxes.clear();
                    threads.drain(..).for_each(|thread| drop(thread.join()));
                    return Ok(());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Does a task, unless its input's name tells it to do something else.
    fn run(
        slot: u32,
        mut task: Task,
        bench: &mut Bench<'_>,
        out: &Mutex<UnixStream>,
        socket: &Path,
    ) {
        let name = task.input.to_string_lossy().into_owned();
        let tell = |report: Report| {
            // The lock is only poisoned when the process is about to end.
            let stream = out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if send(&stream, &report).is_err() {
                exit(1);
            }
        };
        dies("got", &name);
        if name.contains("poison") {
            let _ = writeln!(io::stderr(), "poison: this image is more than I can take");
            abort();
        }
        assert!(!name.contains("panic"), "a defect in a filter");
        if name.contains("segv") {
            raise(rustix::process::Signal::SEGV);
        }
        if name.contains("greedy") {
            // What an allocation that is refused does in native code: the process is over.
            let mut hoard = Vec::<u8>::new();
            match hoard.try_reserve_exact(isize::MAX as usize) {
                Ok(()) => exit(9),
                Err(_) => abort(),
            }
        }
        if name.contains("leave") {
            exit(0);
        }
        if name.contains("hang") {
            thread::sleep(Duration::MAX);
        }
        if name.contains("spin") {
            loop {
                std::hint::spin_loop();
            }
        }
        if name.contains("babble") {
            let mut stream = out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            drop(stream.write_all(&GARBAGE));
            thread::sleep(Duration::MAX);
        }
        let own_way = if let Some((_, escape)) = name.rsplit_once("/escape-") {
            let (input, output) = (PathBuf::from(&task.input), task.orders[0].output.clone());
            let place = Place { input, output: output.into(), socket: socket.to_owned() };
            Some(escapes::attempt(escape.trim_end_matches(".png"), &place))
        } else {
            name.contains("/confess").then(panic_on_purpose)
        };
        if let Some(message) = own_way {
            let failure = Failure::new(FailureKind::Panic, message);
            for order in &task.orders {
                let (variant, result) = (order.variant, Err(failure.clone()));
                tell(Report::Ended { slot, task: task.id, variant, result, micros: 1 });
            }
            return tell(Report::Finished { slot, task: task.id, micros: 1 });
        }
        if name.contains("forget") {
            task.orders.pop();
        }
        if name.contains("liar") {
            for other in (0..task.id + 3).filter(|other| *other != task.id) {
                for variant in 0..3 {
                    let size = Size { width: 1, height: 1 };
                    let (modified_ns, notes) = (None, Vec::new());
                    let result = Ok(Written { bytes: 1, modified_ns, size, source: size, notes });
                    tell(Report::Ended { slot, task: other, variant, result, micros: 1 });
                }
                tell(Report::Finished { slot, task: other, micros: 1 });
            }
            tell(Report::Finished { slot: 77, task: u64::MAX, micros: 1 });
        }
        task::run(&task, bench, &mut |progress| match progress {
            Progress::Reached(Stage::Decode) => dies("decode", &name),
            Progress::Reached(Stage::Write) => {
                let order = task.orders.first();
                dies_writing("temp", &name, order, b"half a pic");
                dies_writing("pre-rename", &name, order, b"a picture that has no name yet");
            }
            Progress::Reached(_) => {}
            Progress::Ended { variant, result, elapsed } => {
                dies("post-rename", &name);
                let micros = elapsed.as_micros() as u64;
                tell(Report::Ended { slot, task: task.id, variant, result, micros });
                dies("ack", &name);
                // The death that is meant is that of the next worker.
                if name.contains("die-hello-") && mark("armed", &name) {
                    abort();
                }
            }
        });
        tell(Report::Finished { slot, task: task.id, micros: 1 });
    }

    /// Panics, and returns where that was.
    #[inline(never)]
    fn panic_on_purpose() -> String {
        static WHERE: Mutex<String> = Mutex::new(String::new());
        std::panic::set_hook(Box::new(|_| {
            let backtrace = std::backtrace::Backtrace::force_capture().to_string();
            let line = backtrace.lines().find(|line| line.contains("panic_on_purpose"));
            let mut found = WHERE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            line.unwrap_or("it cannot be told").clone_into(&mut found);
        }));
        drop(std::panic::catch_unwind(|| panic!("on purpose")));
        WHERE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Aborts if the image's name asks for it in this state, and it has not happened before.
    fn dies(state: &str, name: &str) {
        if name.contains(&format!("die-{state}-")) && mark(state, name) {
            abort();
        }
    }

    /// The same, with these bytes in an output's temporary file.
    fn dies_writing(state: &str, name: &str, order: Option<&Order>, bytes: &[u8]) {
        let folder = order.and_then(|order| Path::new(&order.output).parent());
        if name.contains(&format!("die-{state}-"))
            && let Some(folder) = folder
            && mark(state, name)
        {
            let file = format!("{}{state}{}", OWNER.prefix(), temporary::SUFFIX);
            drop(fs::write(folder.join(file), bytes));
            abort();
        }
    }

    /// Leaves a mark for the image, in the folder that `LOTE_TEST_MARKS` names; `false` if it is
    /// there already, or there is no such folder.
    fn mark(state: &str, name: &str) -> bool {
        let Some(folder) = std::env::var_os("LOTE_TEST_MARKS") else { return false };
        let image = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        fs::File::create_new(Path::new(&folder).join(format!("{state}-{image}"))).is_ok()
    }

    /// Whether some image has arranged that the next worker dies before it says Hello.
    fn is_doomed() -> bool {
        let folder = std::env::var_os("LOTE_TEST_MARKS").and_then(|path| fs::read_dir(path).ok());
        folder.into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(image) = name.strip_prefix("armed-") else { return false };
            // Only one of several that try can rename it.
            fs::rename(entry.path(), entry.path().with_file_name(format!("hello-{image}"))).is_ok()
        })
    }

    /// Dies of that signal. The first one may only take away a handler.
    fn raise(signal: rustix::process::Signal) -> ! {
        loop {
            if rustix::process::kill_process(rustix::process::getpid(), signal).is_err() {
                abort();
            }
        }
    }

    fn send<T: serde::Serialize>(mut stream: &UnixStream, message: &T) -> io::Result<()> {
        let mut bytes = Vec::new();
        frame::encode(message, &mut bytes).map_err(io::Error::other)?;
        stream.write_all(&bytes)
    }

    fn receive(stream: &mut UnixStream, frames: &mut FrameBuffer) -> io::Result<Option<Command>> {
        loop {
            if let Some(command) = frames.take().map_err(io::Error::other)? {
                return Ok(Some(command));
            }
            let mut bytes = [0; 4096];
            match stream.read(&mut bytes)? {
                0 => return Ok(None),
                read => frames.space().extend_from_slice(&bytes[..read]),
            }
        }
    }
}
