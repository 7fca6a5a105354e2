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
    use std::collections::VecDeque;
    use std::fs::{self, File};
    use std::io::{self, Write};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::process::{ExitCode, abort, exit, id};
    use std::sync::{Arc, Mutex, mpsc};
    use std::thread;
    use std::time::Duration;

    use lote_protocol::descriptors;
    use lote_protocol::frame::{self, FrameBuffer};
    use lote_protocol::message::{
        Command, Hello, Report, Size, Stage, TOKEN_VARIABLE, WorkerToken, Written,
    };
    use lote_protocol::outcome::{Failure, FailureKind};
    use lote_protocol::task::{Files, Limits, Task};
    use lote_protocol::version;
    use lote_worker::assets::Shelf;
    use lote_worker::bench::{Bench, Progress};
    use lote_worker::entry::EXIT_REFUSED;
    use lote_worker::process_limits;
    use lote_worker::sandbox::{self, Needs};
    use lote_worker::task;

    use crate::escapes::{self, Place};

    /// Bytes that are no message, whatever comes before them.
    const GARBAGE: [u8; 64] = [0xff; 64];

    pub(super) fn main() -> ExitCode {
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
        let mut token =
            std::env::var(TOKEN_VARIABLE).ok().and_then(|text| WorkerToken::from_hex(&text));
        match manners {
            "no-worker" => preamble.copy_from_slice(b"GET / HTTP/1.1\r\nHost"),
            "wrong-version" => preamble[8] ^= 0x40,
            "wrong-build" => preamble[12] ^= 0x40,
            "wrong-token" => token = Some(WorkerToken([7; 16])),
            _ => {}
        }
        stream.write_all(&preamble)?;
        if is_doomed() {
            abort();
        }
        if manners == "garbage-for-hello" {
            stream.write_all(&GARBAGE)?;
        } else {
            let token = token.unwrap_or(WorkerToken([0; 16]));
            send(&stream, &Hello { pid: id(), token })?;
        }
        let mut inbox = Inbox::default();
        match inbox.receive(&stream)? {
            Some(Command::Welcome {
                slots,
                limits,
                max_memory_bytes,
                max_output_bytes,
                files,
                sandbox,
            }) => {
                if let Some(bytes) = max_memory_bytes {
                    process_limits::bound_memory(bytes)?;
                }
                let needs = Needs { files, max_output_bytes, publishes: None };
                let sandbox = sandbox::enter(sandbox, &needs).map_err(io::Error::other)?;
                send(&stream, &Report::Prepared { sandbox })?;
                work(&stream, inbox, socket, slots, limits)
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
        stream: &UnixStream,
        mut inbox: Inbox,
        socket: &Path,
        slots: u32,
        limits: Limits,
    ) -> io::Result<()> {
        let out = Arc::new(Mutex::new(stream.try_clone()?));
        let mut threads = Vec::new();
        let mut inboxes = Vec::new();
        for slot in 0..slots {
            let (given, tasks) = mpsc::channel::<(Task, Files)>();
            let (out, socket) = (Arc::clone(&out), socket.to_owned());
            inboxes.push(given);
            threads.push(thread::spawn(move || {
                let shelf = Shelf::default();
                let mut bench = Bench::new(limits, &shelf);
                for (task, files) in tasks {
                    run(slot, task, files, &mut bench, &out, &socket);
                }
            }));
        }
        while let Some(command) = inbox.receive(stream)? {
            match command {
                Command::Run { slot, task, files, .. } => {
                    let open = inbox.files.drain(..files.count()).collect();
                    let files = files.put_together(open).ok_or(io::ErrorKind::InvalidData)?;
                    drop(inboxes[slot as usize].send((task, files)));
                }
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

    /// What is said of an output, whatever time it took.
    fn ended(slot: u32, task: u64, variant: u32, result: Result<Written, Failure>) -> Report {
        Report::Ended { slot, task, variant, result, micros: 1, decode_micros: 0 }
    }

    /// Does a task, unless its input's name tells it to do something else.
    fn run(
        slot: u32,
        mut task: Task,
        files: Files,
        bench: &mut Bench<'_>,
        out: &Mutex<UnixStream>,
        socket: &Path,
    ) {
        let name = task.name.clone();
        let tell = |report: Report| {
            // The lock is only poisoned when the process is about to end.
            let stream = out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if send(&stream, &report).is_err() {
                exit(1);
            }
        };
        dies("got", &name);
        if name.contains("kills-agent") {
            note_down("seen", &name);
            // Whoever has started this, as if the image had brought the machine down.
            if let Some(master) = rustix::process::getppid() {
                let _ = rustix::process::kill_process(master, rustix::process::Signal::KILL);
            }
            thread::sleep(Duration::MAX);
        }
        if name.contains("poison") {
            note_down("seen", &name);
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
        let own_way = if let Some(escape) = name.strip_prefix("escape-") {
            let place = Place { socket: socket.to_owned(), files: &files };
            Some(escapes::attempt(escape, &place))
        } else {
            name.starts_with("confess").then(panic_on_purpose)
        };
        if let Some(message) = own_way {
            let failure = Failure::new(FailureKind::Panic, message);
            for order in &task.orders {
                let (variant, result) = (order.variant, Err(failure.clone()));
                tell(ended(slot, task.id, variant, result));
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
                    let (modified_ns, sha256, notes) = (None, None, Vec::new());
                    let written =
                        Written { bytes: 1, modified_ns, sha256, size, source: size, notes };
                    tell(ended(slot, other, variant, Ok(written)));
                }
                tell(Report::Finished { slot, task: other, micros: 1 });
            }
            tell(Report::Finished { slot: 77, task: u64::MAX, micros: 1 });
        }
        let output = files.outputs.first().and_then(|file| file.as_ref().ok()?.try_clone().ok());
        task::run(&task, files, bench, &mut |progress| match progress {
            Progress::Reached(Stage::Decode) => dies("decode", &name),
            Progress::Reached(Stage::Write) => {
                dies_writing("half", &name, output.as_ref());
            }
            Progress::Reached(_) | Progress::Decoded => {}
            Progress::Ended { variant, result, .. } => {
                dies("written", &name);
                tell(ended(slot, task.id, variant, result));
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

    /// The same, with half of an output in its file.
    fn dies_writing(state: &str, name: &str, output: Option<&File>) {
        if name.contains(&format!("die-{state}-"))
            && let Some(mut output) = output
            && mark(state, name)
        {
            drop(output.write_all(b"half a pic"));
            abort();
        }
    }

    /// Leaves a mark for the image, in the folder that `LOTE_TEST_MARKS` names; `false` if it is
    /// there already, or there is no such folder.
    fn mark(state: &str, name: &str) -> bool {
        let Some(folder) = std::env::var_os("LOTE_TEST_MARKS") else { return false };
        File::create_new(Path::new(&folder).join(format!("{state}-{name}"))).is_ok()
    }

    /// Adds a line to the image's file in the folder that `LOTE_TEST_MARKS` names, if there is one.
    fn note_down(what: &str, name: &str) {
        let Some(folder) = std::env::var_os("LOTE_TEST_MARKS") else { return };
        let file = Path::new(&folder).join(format!("{what}-{name}"));
        let file = File::options().create(true).append(true).open(file);
        let _ = file.and_then(|mut file| writeln!(file, "{}", id()));
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

    /// What has come from the master.
    #[derive(Default)]
    struct Inbox {
        frames: FrameBuffer,
        files: VecDeque<File>,
    }

    impl Inbox {
        fn receive(&mut self, stream: &UnixStream) -> io::Result<Option<Command>> {
            loop {
                if let Some(command) = self.frames.take().map_err(io::Error::other)? {
                    return Ok(Some(command));
                }
                let mut bytes = [0; 4096];
                match descriptors::receive(stream, &mut bytes, &mut self.files)? {
                    0 => return Ok(None),
                    read => self.frames.space().extend_from_slice(&bytes[..read]),
                }
            }
        }
    }
}
