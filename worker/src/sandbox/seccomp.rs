//! Which system calls a worker can make.
//!
//! A list of what is allowed is safer than one of what is not, as kernels get new calls. It breaks
//! when a C library begins to use a call that is not on the list. But libraries run on old kernels,
//! too: they take `ENOSYS` for "this kernel does not have it", and do it the old way, or without.
//! So that is what a call gets that is not listed, or has other arguments than it needs. (`EPERM`
//! would be wrong: glibc takes it for the answer where it tries `clone3` to start a thread, whose
//! flags a filter cannot see. The old `clone` can be checked.) Of the rest, what no library would
//! ever try ends the process by `SIGSYS`, which its master sees.
//!
//! Refused are, above all, opening files by any path and whatever changes their names, lengths, rights,
//! owners, times and attributes; sockets of any kind, new processes, signals to others, executable
//! memory, `io_uring`, limits; and what no limit counts: shared memory and `fallocate`.
//!
//! The lists are those of `x86_64` and `aarch64`. They have been tried with glibc 2.36 on `x86_64`;
//! what only older or newer glibc (2.31 to 2.42) or musl call is listed from their sources.

use std::collections::BTreeMap;

use libc::{self as c, c_long};
use seccompiler::{
    BackendError, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What the work of a worker takes; [`conditions`] says with which arguments.
const ALLOWED: &[c_long] = &[
    // Files that are open, and those that come with tasks.
    c::SYS_read,
    c::SYS_write,
    c::SYS_readv,
    c::SYS_writev,
    c::SYS_pread64,
    c::SYS_pwrite64,
    c::SYS_close,
    c::SYS_lseek,
    c::SYS_fstat,
    c::SYS_newfstatat,
    c::SYS_statx,
    c::SYS_fcntl,
    c::SYS_ioctl,
    c::SYS_dup,
    c::SYS_dup3,
    c::SYS_fsync,
    c::SYS_fdatasync,
    // Memory and threads.
    c::SYS_brk,
    c::SYS_mmap,
    c::SYS_munmap,
    c::SYS_mremap,
    c::SYS_mprotect,
    c::SYS_madvise,
    c::SYS_clone,
    c::SYS_futex,
    c::SYS_set_robust_list,
    c::SYS_rseq,
    c::SYS_sched_yield,
    c::SYS_sched_getaffinity,
    c::SYS_prctl,
    c::SYS_exit,
    c::SYS_exit_group,
    // Signals to itself: what a panic, an abort and a stack overflow take.
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_sigaltstack,
    c::SYS_tgkill,
    c::SYS_restart_syscall,
    // Time.
    c::SYS_clock_gettime,
    c::SYS_clock_getres,
    c::SYS_clock_nanosleep,
    c::SYS_nanosleep,
    c::SYS_gettimeofday,
    c::SYS_timerfd_create,
    c::SYS_timerfd_settime,
    // The connection that it has, and waiting for it.
    c::SYS_epoll_create1,
    c::SYS_epoll_ctl,
    c::SYS_epoll_pwait,
    c::SYS_epoll_pwait2,
    c::SYS_eventfd2,
    c::SYS_ppoll,
    c::SYS_recvfrom,
    c::SYS_recvmsg,
    c::SYS_sendto,
    c::SYS_sendmsg,
    c::SYS_shutdown,
    c::SYS_getsockname,
    c::SYS_getpeername,
    c::SYS_getsockopt,
    // Who and where it is.
    c::SYS_getpid,
    c::SYS_getppid,
    c::SYS_gettid,
    c::SYS_getuid,
    c::SYS_geteuid,
    c::SYS_getgid,
    c::SYS_getegid,
    c::SYS_getrusage,
    c::SYS_prlimit64,
    c::SYS_sysinfo,
    c::SYS_uname,
    c::SYS_getcpu,
    c::SYS_getrandom,
];

/// What some of the allowed calls are on `x86_64` where old programs, or musl, make them.
#[cfg(target_arch = "x86_64")]
const ALLOWED_OLD: &[c_long] = &[
    c::SYS_stat,
    c::SYS_lstat,
    c::SYS_dup2,
    c::SYS_poll,
    c::SYS_epoll_wait,
    c::SYS_time,
    c::SYS_arch_prctl,
];
/// And on `aarch64`, which is younger than those.
#[cfg(target_arch = "aarch64")]
const ALLOWED_OLD: &[c_long] = &[];

/// What reading this program's own file takes, if a panic is to say where it was.
const FOR_BACKTRACES: &[c_long] = &[
    c::SYS_openat,
    c::SYS_readlinkat,
    c::SYS_getcwd,
    #[cfg(target_arch = "x86_64")]
    c::SYS_open,
];

#[cfg(target_arch = "x86_64")]
const RENAMEAT: c_long = c::SYS_renameat;
/// The crate `libc` does not name it there.
#[cfg(target_arch = "aarch64")]
const RENAMEAT: c_long = 38;

/// What giving a file its date and its name takes. Where a file system cannot rename
/// without replacing, that is a link.
const TO_PUBLISH: &[c_long] = &[
    c::SYS_utimensat,
    RENAMEAT,
    c::SYS_renameat2,
    c::SYS_linkat,
    c::SYS_unlinkat,
    #[cfg(target_arch = "x86_64")]
    c::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    c::SYS_link,
    #[cfg(target_arch = "x86_64")]
    c::SYS_unlink,
];

/// What ends the process.
const FATAL: &[c_long] = &[
    c::SYS_execve,
    c::SYS_execveat,
    c::SYS_ptrace,
    c::SYS_process_vm_readv,
    c::SYS_process_vm_writev,
    c::SYS_pidfd_getfd,
    c::SYS_unshare,
    c::SYS_setns,
    c::SYS_chroot,
    c::SYS_mount,
    c::SYS_open_by_handle_at,
    c::SYS_bpf,
    c::SYS_perf_event_open,
    c::SYS_userfaultfd,
    c::SYS_keyctl,
    c::SYS_init_module,
    c::SYS_finit_module,
];

/// Flags of `clone` that make namespaces. (That of time is known to `clone3` only.)
const NAMESPACES: i32 = c::CLONE_NEWNS
    | c::CLONE_NEWCGROUP
    | c::CLONE_NEWUTS
    | c::CLONE_NEWIPC
    | c::CLONE_NEWUSER
    | c::CLONE_NEWPID
    | c::CLONE_NEWNET;

/// The requests of `ioctl` that libraries make of files that they know nothing about.
const IOCTLS: [i32; 4] = [0x5401, 0x5421, 0x5450, 0x5451]; // TCGETS, FIONBIO, FIONCLEX, FIOCLEX

/// The commands of `fcntl` that are about the file only, and not about who gets signals.
const FCNTLS: [i32; 6] =
    [c::F_DUPFD, c::F_GETFD, c::F_SETFD, c::F_GETFL, c::F_SETFL, c::F_DUPFD_CLOEXEC];

/// Names of threads.
const PRCTLS: [i32; 2] = [c::PR_SET_NAME, c::PR_GET_NAME];

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Confines all threads to the calls that are listed, with those that giving a file its name takes if
/// it `publishes`, and those that reading its own program for `backtraces` takes.
pub(super) fn apply(publishes: bool, backtraces: bool) -> Result<(), String> {
    install(publishes, backtraces).map_err(|error| match error {
        seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => error.to_string(),
        error => error.to_string(),
    })
}

/// Of two filters, the kernel does what the stricter one wants.
fn install(publishes: bool, backtraces: bool) -> Result<(), seccompiler::Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let (pass, kill) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let enosys = SeccompAction::Errno(c::ENOSYS as u32);
    let fatal = FATAL.iter().map(|call| (*call, Vec::new())).collect();
    let filters = [
        SeccompFilter::new(fatal, pass.clone(), kill, arch)?,
        SeccompFilter::new(allowed(publishes, backtraces)?, enosys, pass, arch)?,
    ];
    // Installing takes a call that the last one does not allow.
    for filter in filters {
        apply_filter_all_threads(&seccompiler::BpfProgram::try_from(filter)?)?;
    }
    Ok(())
}

/// What is allowed, with any arguments or under conditions.
fn allowed(publishes: bool, backtraces: bool) -> Result<Rules, BackendError> {
    let lists = [
        ALLOWED,
        ALLOWED_OLD,
        if publishes { TO_PUBLISH } else { &[] },
        if backtraces { FOR_BACKTRACES } else { &[] },
    ];
    let mut rules: Rules = lists.into_iter().flatten().map(|call| (*call, Vec::new())).collect();
    let conditions = conditions()?.into_iter();
    rules.extend(conditions.filter(|(call, _)| rules.contains_key(call)).collect::<Vec<_>>());
    Ok(rules)
}

/// The arguments with which calls are allowed, where they matter: one of the rules has to hold.
fn conditions() -> Result<Rules, BackendError> {
    let is_thread = bits(0, c::CLONE_THREAD | NAMESPACES, c::CLONE_THREAD)?;
    let is_data = || condition(2, c::PROT_EXEC, 0);
    Ok(Rules::from([
        // Threads, but no processes.
        (c::SYS_clone, vec![is_thread]),
        // Code is what was loaded, and nothing else.
        // Memory that could be shared counts in no limit, if there is no file behind it.
        (
            c::SYS_mmap,
            vec![
                SeccompRule::new(vec![is_data()?, condition(3, c::MAP_ANONYMOUS, 0)?])?,
                SeccompRule::new(vec![is_data()?, condition(3, c::MAP_SHARED, 0)?])?,
            ],
        ),
        (c::SYS_mprotect, vec![SeccompRule::new(vec![is_data()?])?]),
        // Files that are there, to be read, and no others.
        (c::SYS_openat, vec![reads(2)?]),
        #[cfg(target_arch = "x86_64")]
        (c::SYS_open, vec![reads(1)?]),
        // Signals to itself.
        (c::SYS_tgkill, one_of(0, &[std::process::id() as i32])?),
        // Limits can be looked at: its own, with null for new ones.
        (
            c::SYS_prlimit64,
            vec![SeccompRule::new(vec![
                SeccompCondition::new(0, Len::Dword, Op::Eq, 0)?,
                SeccompCondition::new(2, Len::Qword, Op::Eq, 0)?,
            ])?],
        ),
        (c::SYS_ioctl, one_of(1, &IOCTLS)?),
        (c::SYS_fcntl, one_of(1, &FCNTLS)?),
        (c::SYS_prctl, one_of(0, &PRCTLS)?),
    ]))
}

/// The flags in that argument open a file that is there, to be read. (`O_RDONLY` is no flag.)
fn reads(flags: u8) -> Result<SeccompRule, BackendError> {
    /// `O_TMPFILE` without `O_DIRECTORY`: a file without a name is a new one, too.
    const UNNAMED: i32 = 0o20_000_000;
    bits(flags, c::O_ACCMODE | c::O_TRUNC | c::O_CREAT | UNNAMED, 0)
}

/// Of these bits of an argument, exactly those are set. (Higher ones mean nothing to the kernel.)
fn bits(argument: u8, of: i32, set: i32) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![condition(argument, of, set)?])
}

/// The same, as a condition that may be one of several.
fn condition(argument: u8, of: i32, set: i32) -> Result<SeccompCondition, BackendError> {
    let (of, set) = (u64::from(of as u32), u64::from(set as u32));
    SeccompCondition::new(argument, Len::Dword, Op::MaskedEq(of), set)
}

/// An argument of type `int` is one of these.
fn one_of(argument: u8, values: &[i32]) -> Result<Vec<SeccompRule>, BackendError> {
    let rule = |value: &i32| {
        let value = u64::from(*value as u32);
        SeccompRule::new(vec![SeccompCondition::new(argument, Len::Dword, Op::Eq, value)?])
    };
    values.iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_call_is_in_one_list_only() {
        let mut seen = HashSet::new();
        for call in [ALLOWED, ALLOWED_OLD, FATAL].into_iter().flatten() {
            assert!(seen.insert(call), "system call {call} is listed twice");
        }
        assert!(!seen.contains(&c::SYS_clone3), "its flags cannot be seen");
    }

    #[test]
    fn conditions_are_about_calls_that_are_allowed_and_each_has_one() {
        for (call, rules) in conditions().unwrap() {
            let lists = [ALLOWED, ALLOWED_OLD, TO_PUBLISH, FOR_BACKTRACES];
            let is_listed = lists.into_iter().flatten().any(|listed| *listed == call);
            assert!(is_listed && !rules.is_empty(), "system call {call}");
        }
    }

    #[test]
    fn a_worker_opens_and_names_no_files() {
        let rules = allowed(false, false).unwrap();
        for call in TO_PUBLISH.iter().chain(FOR_BACKTRACES) {
            assert!(!rules.contains_key(call), "system call {call}");
        }
        assert!(!allowed(true, true).unwrap()[&c::SYS_openat].is_empty());
    }

    #[test]
    fn the_filters_can_be_made_for_both_processors() {
        for arch in [TargetArch::x86_64, TargetArch::aarch64] {
            let (refuse, pass) = (SeccompAction::KillProcess, SeccompAction::Allow);
            let filter =
                SeccompFilter::new(allowed(true, true).unwrap(), refuse, pass, arch).unwrap();
            let program = seccompiler::BpfProgram::try_from(filter).unwrap();
            assert!(program.len() < 4096, "the kernel takes no longer ones");
        }
    }
}
