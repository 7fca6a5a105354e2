//! Runs a command as on a kernel that lacks something: `old-kernel landlock|seccomp|inotify|no-replace COMMAND…`.
//! Without inotify it is as on drives of other machines: folders can be watched, and nothing is told.
//! Without no-replace files have one name, and renaming one replaces what is there.
//!
//! The system calls in question answer as they do where the kernel, or the container around it,
//! does not offer them. Only tests start it.

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [part, program, rest @ ..] = arguments.as_slice() else {
        return Err("usage: old-kernel landlock|seccomp|inotify|no-replace COMMAND".into());
    };
    let (rules, error) = match part.to_str() {
        Some("landlock") => {
            let calls = [
                libc::SYS_landlock_create_ruleset,
                libc::SYS_landlock_add_rule,
                libc::SYS_landlock_restrict_self,
            ];
            (calls.map(|call| (call, Vec::new())).into(), libc::ENOSYS)
        }
        Some("inotify") => ([(libc::SYS_inotify_add_watch, Vec::new())].into(), 0),
        Some("no-replace") => {
            let has_flags = SeccompCondition::new(4, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?;
            let with_flags = vec![SeccompRule::new(vec![has_flags])?];
            let mut calls = vec![(libc::SYS_renameat2, with_flags), (libc::SYS_linkat, Vec::new())];
            #[cfg(target_arch = "x86_64")]
            calls.push((libc::SYS_link, Vec::new()));
            (calls.into_iter().collect(), libc::EINVAL)
        }
        Some("seccomp") => ([(libc::SYS_seccomp, Vec::new())].into(), libc::EPERM),
        _ => return Err("there is no such part".into()),
    };
    let (pass, refuse) = (SeccompAction::Allow, SeccompAction::Errno(error as u32));
    let filter = SeccompFilter::new(rules, pass, refuse, std::env::consts::ARCH.try_into()?)?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    Err(Command::new(program).arg0("lote").args(rest).exec().into())
}
