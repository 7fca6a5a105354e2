//! Which system calls a worker can make.
//!
//! A list of what is allowed is safer than one of what is not, as kernels get new calls. It breaks
//! when a C library begins to use a call that is not on the list. But libraries run on old kernels,
//! too: they take `ENOSYS` for "this kernel does not have it", and do it the old way. So that is
//! what a call gets that is not listed here (and `clone3`, whose arguments a filter cannot see: its
//! old way can be checked). What a library may try and do without is refused with `EPERM`. What
//! nothing but an attack would try ends the process (`SIGSYS`), which its master sees.
//!
//! The lists are those of `x86_64` and `aarch64`. They have been tried with glibc 2.36; calls that only
//! older or newer glibc (2.31 to 2.42) or musl make are listed from their sources.

use std::collections::BTreeMap;

use libc::{self as c, c_long};
use seccompiler::{
    BackendError, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What the work of a worker takes.
const ALLOWED: &[c_long] = &[
    // Files. Which ones is for Landlock to say.
    c::SYS_read,
    c::SYS_write,
    c::SYS_readv,
    c::SYS_writev,
    c::SYS_pread64,
    c::SYS_pwrite64,
    c::SYS_openat,
    c::SYS_close,
    c::SYS_lseek,
    c::SYS_fstat,
    c::SYS_newfstatat,
    c::SYS_statx,
    c::SYS_faccessat,
    c::SYS_faccessat2,
    c::SYS_readlinkat,
    c::SYS_getdents64,
    c::SYS_getcwd,
    c::SYS_fcntl,
    c::SYS_ioctl,
    c::SYS_dup,
    c::SYS_dup3,
    c::SYS_ftruncate,
    c::SYS_fallocate,
    c::SYS_fadvise64,
    c::SYS_fsync,
    c::SYS_fdatasync,
    // Putting an output in its place. Where a file system cannot rename without replacing, that is
    // a link.
    c::SYS_renameat2,
    c::SYS_linkat,
    c::SYS_unlinkat,
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
    c::SYS_open,
    c::SYS_stat,
    c::SYS_lstat,
    c::SYS_access,
    c::SYS_readlink,
    c::SYS_dup2,
    c::SYS_rename,
    c::SYS_renameat,
    c::SYS_link,
    c::SYS_unlink,
    c::SYS_poll,
    c::SYS_epoll_wait,
    c::SYS_time,
    c::SYS_arch_prctl,
];
/// And on `aarch64`: `renameat`, which the crate `libc` does not name there.
#[cfg(target_arch = "aarch64")]
const ALLOWED_OLD: &[c_long] = &[38];

/// What is refused whatever its arguments.
const REFUSED: &[c_long] = &[
    // Connections.
    c::SYS_socket,
    c::SYS_socketpair,
    c::SYS_connect,
    c::SYS_bind,
    c::SYS_listen,
    c::SYS_accept,
    c::SYS_accept4,
    c::SYS_setsockopt,
    // What Landlock does not see: rights, owners, times, attributes; and what older versions of it
    // do not: truncating by path.
    c::SYS_fchmod,
    c::SYS_fchmodat,
    c::SYS_fchown,
    c::SYS_fchownat,
    c::SYS_utimensat,
    c::SYS_setxattr,
    c::SYS_lsetxattr,
    c::SYS_fsetxattr,
    c::SYS_removexattr,
    c::SYS_lremovexattr,
    c::SYS_fremovexattr,
    c::SYS_truncate,
    c::SYS_chdir,
    c::SYS_fchdir,
    c::SYS_umask,
    // Names that are no files.
    c::SYS_mkdirat,
    c::SYS_mknodat,
    c::SYS_symlinkat,
    // Files by other ways than by their names.
    c::SYS_openat2,
    c::SYS_name_to_handle_at,
    c::SYS_memfd_create,
    c::SYS_io_uring_setup,
    c::SYS_io_uring_enter,
    c::SYS_io_uring_register,
    c::SYS_io_setup,
    c::SYS_io_submit,
    // Other processes.
    c::SYS_kill,
    c::SYS_tkill,
    c::SYS_rt_sigqueueinfo,
    c::SYS_rt_tgsigqueueinfo,
    c::SYS_pidfd_open,
    c::SYS_pidfd_send_signal,
    c::SYS_setpriority,
    c::SYS_sched_setaffinity,
    c::SYS_sched_setscheduler,
    c::SYS_setpgid,
    c::SYS_setsid,
    c::SYS_wait4,
    c::SYS_waitid,
    // Means.
    c::SYS_mlock,
    c::SYS_mlock2,
    c::SYS_mlockall,
    c::SYS_shmget,
    c::SYS_shmat,
    c::SYS_pkey_mprotect,
    c::SYS_remap_file_pages,
    c::SYS_personality,
    c::SYS_seccomp,
];

/// The same for calls that only `x86_64` has.
#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: &[c_long] = &[
    c::SYS_fork,
    c::SYS_vfork,
    c::SYS_setrlimit,
    c::SYS_creat,
    c::SYS_chmod,
    c::SYS_chown,
    c::SYS_lchown,
    c::SYS_utime,
    c::SYS_utimes,
    c::SYS_futimesat,
    c::SYS_mkdir,
    c::SYS_rmdir,
    c::SYS_mknod,
    c::SYS_symlink,
];
#[cfg(target_arch = "aarch64")]
const REFUSED_OLD: &[c_long] = &[];

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
    c::SYS_pivot_root,
    c::SYS_mount,
    c::SYS_umount2,
    c::SYS_move_mount,
    c::SYS_open_tree,
    c::SYS_fsopen,
    c::SYS_fsmount,
    c::SYS_mount_setattr,
    c::SYS_open_by_handle_at,
    c::SYS_bpf,
    c::SYS_perf_event_open,
    c::SYS_userfaultfd,
    c::SYS_add_key,
    c::SYS_request_key,
    c::SYS_keyctl,
    c::SYS_kexec_load,
    c::SYS_init_module,
    c::SYS_finit_module,
    c::SYS_delete_module,
    c::SYS_reboot,
    c::SYS_swapon,
    c::SYS_swapoff,
    c::SYS_acct,
    c::SYS_setuid,
    c::SYS_setgid,
    c::SYS_setreuid,
    c::SYS_setregid,
    c::SYS_setresuid,
    c::SYS_setresgid,
    c::SYS_setgroups,
    c::SYS_setfsuid,
    c::SYS_setfsgid,
    c::SYS_capset,
    c::SYS_settimeofday,
    c::SYS_clock_settime,
    c::SYS_sethostname,
];

/// Flags of `clone` that make namespaces. (That of time is known to `clone3` only.)
const NAMESPACES: [i32; 7] = [
    c::CLONE_NEWNS,
    c::CLONE_NEWCGROUP,
    c::CLONE_NEWUTS,
    c::CLONE_NEWIPC,
    c::CLONE_NEWUSER,
    c::CLONE_NEWPID,
    c::CLONE_NEWNET,
];

/// The requests of `ioctl` that libraries make of files that they know nothing about.
const IOCTLS: [u64; 4] = [0x5401, 0x5421, 0x5450, 0x5451]; // TCGETS, FIONBIO, FIONCLEX, FIOCLEX

/// The commands of `fcntl` that are about the file only, and not about who gets signals.
const FCNTLS: [i32; 6] =
    [c::F_DUPFD, c::F_GETFD, c::F_SETFD, c::F_GETFL, c::F_SETFL, c::F_DUPFD_CLOEXEC];

/// Names of threads.
const PRCTLS: [i32; 2] = [c::PR_SET_NAME, c::PR_GET_NAME];

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Confines all threads to the calls that are listed.
pub(super) fn apply() -> Result<(), String> {
    install().map_err(|error| match error {
        seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => error.to_string(),
        error => error.to_string(),
    })
}

/// The kernel does what the strictest filter wants, and of two that refuse, the newer one. So the
/// one that refuses by arguments comes last; calls that it is about are known to the one before.
fn install() -> Result<(), seccompiler::Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let eperm = SeccompAction::Errno(c::EPERM as u32);
    let enosys = SeccompAction::Errno(c::ENOSYS as u32);
    let (pass, kill) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let known = [ALLOWED, ALLOWED_OLD, REFUSED, REFUSED_OLD, FATAL];
    let filters = [
        SeccompFilter::new(unconditional(&[FATAL]), pass.clone(), kill, arch)?,
        SeccompFilter::new(unconditional(&known), enosys, pass.clone(), arch)?,
        SeccompFilter::new(refused()?, pass, eperm, arch)?,
    ];
    for filter in filters {
        apply_filter_all_threads(&seccompiler::BpfProgram::try_from(filter)?)?;
    }
    Ok(())
}

fn unconditional(lists: &[&[c_long]]) -> Rules {
    lists.iter().copied().flatten().map(|call| (*call, Vec::new())).collect()
}

/// What is refused, for itself or for its arguments.
fn refused() -> Result<Rules, BackendError> {
    let mut rules = unconditional(&[REFUSED, REFUSED_OLD]);
    let has = |argument, bits: i32| {
        let bits = bits as u32 as u64;
        when(&[(argument, Len::Qword, Op::MaskedEq(bits), bits)])
    };
    let lacks =
        |argument, bits: i32| when(&[(argument, Len::Qword, Op::MaskedEq(bits as u32 as u64), 0)]);

    // Threads, but no processes.
    let mut clone = vec![lacks(0, c::CLONE_THREAD)?];
    for flag in NAMESPACES {
        clone.push(has(0, flag)?);
    }
    rules.insert(c::SYS_clone, clone);
    // Code is what was loaded, and nothing else.
    rules.insert(c::SYS_mmap, vec![has(2, c::PROT_EXEC)?]);
    rules.insert(c::SYS_mprotect, vec![has(2, c::PROT_EXEC)?]);
    // Files that are there are replaced and never cut, which older versions of Landlock allow to
    // those who may read.
    rules.insert(c::SYS_openat, vec![has(2, c::O_TRUNC)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(c::SYS_open, vec![has(1, c::O_TRUNC)?]);
    // Signals to itself.
    rules.insert(c::SYS_tgkill, vec![none_of(0, &[u64::from(std::process::id())])?]);
    // Limits can be looked at: with null for new ones, and its own.
    rules.insert(
        c::SYS_prlimit64,
        vec![when(&[(2, Len::Qword, Op::Ne, 0)])?, when(&[(0, Len::Dword, Op::Ne, 0)])?],
    );
    rules.insert(c::SYS_ioctl, vec![none_of(1, &IOCTLS)?]);
    rules.insert(c::SYS_fcntl, vec![none_of(1, &FCNTLS.map(|command| command as u64))?]);
    rules.insert(c::SYS_prctl, vec![none_of(0, &PRCTLS.map(|option| option as u64))?]);
    Ok(rules)
}

/// A rule for an argument of type `int` that is none of these.
fn none_of(argument: u8, values: &[u64]) -> Result<SeccompRule, BackendError> {
    let conditions: Vec<_> =
        values.iter().map(|value| (argument, Len::Dword, Op::Ne, *value)).collect();
    when(&conditions)
}

/// A rule for when all of that is so.
fn when(conditions: &[(u8, Len, Op, u64)]) -> Result<SeccompRule, BackendError> {
    let conditions = conditions.iter().map(|(argument, length, operator, value)| {
        SeccompCondition::new(*argument, length.clone(), operator.clone(), *value)
    });
    SeccompRule::new(conditions.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_call_is_in_one_list_only() {
        let lists = [ALLOWED, ALLOWED_OLD, REFUSED, REFUSED_OLD, FATAL];
        let mut seen = HashSet::new();
        for call in lists.into_iter().flatten() {
            assert!(seen.insert(call), "system call {call} is listed twice");
        }
        assert!(!seen.contains(&c::SYS_clone3), "its flags cannot be seen");
    }

    #[test]
    fn arguments_are_checked_of_allowed_calls_only() {
        for (call, rules) in refused().unwrap() {
            let allowed = ALLOWED.contains(&call) || ALLOWED_OLD.contains(&call);
            assert_eq!(allowed, !rules.is_empty(), "system call {call}");
        }
    }

    #[test]
    fn the_filters_can_be_made_for_both_processors() {
        for arch in [TargetArch::x86_64, TargetArch::aarch64] {
            let filter = SeccompFilter::new(
                refused().unwrap(),
                SeccompAction::Allow,
                SeccompAction::KillProcess,
                arch,
            );
            let program = seccompiler::BpfProgram::try_from(filter.unwrap()).unwrap();
            assert!(program.len() < 4096, "the kernel takes no longer ones");
        }
    }
}
