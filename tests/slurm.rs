//! Parts of a job in an array of a real Slurm, from Debian's `slurmctld slurmd slurm-client`: servers of
//! its own on free ports, ended with the test.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::Workspace;
use crate::support::workspace::assert_same;

/// A controller and the only node, in the folder `slurm` of a workspace.
struct Slurm<'a>(&'a Workspace);

impl<'a> Slurm<'a> {
    fn start(workspace: &'a Workspace) -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let host = host.trim();
        for folder in ["slurm/state", "slurm/spool"] {
            fs::create_dir_all(workspace.path(folder)).unwrap();
        }
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (controller, node) = (free(), free());
        let here = workspace.path("slurm");
        let here = here.display();
        let settings = format!(
            "ClusterName=lote\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nAuthType=auth/none\n\
             CredType=cred/none\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n\
             CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\nStateSaveLocation={here}/state\n\
             SlurmdSpoolDir={here}/spool\nSlurmctldPidFile={here}/controller.pid\n\
             SlurmdPidFile={here}/node.pid\nSlurmctldPort={controller}\nSlurmdPort={node}\n\
             SlurmctldLogFile={here}/controller.log\nSlurmdLogFile={here}/node.log\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nMpiDefault=none\n\
             NodeName={host} NodeAddr=127.0.0.1 CPUs=2\n\
             PartitionName=all Nodes={host} Default=YES State=UP\n"
        );
        workspace.add("slurm/slurm.conf", settings.as_bytes());
        let slurm = Self(workspace);
        for server in ["slurmctld", "slurmd"] {
            let started = slurm.command(server, &[]);
            assert!(started.status.success(), "{server}: {started:?}");
        }
        slurm
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path("."));
        command.env("SLURM_CONF", self.0.path("slurm/slurm.conf"));
        command.output().expect("apt-get install slurmctld slurmd slurm-client")
    }

    /// Runs a script as the tasks 0 to 3 of an array, to their ends.
    fn array(&self, script: &str) {
        let script = format!("#!/bin/bash\n{script}\n");
        self.0.add("array.sh", script.as_bytes());
        let done = self.command("sbatch", &["--wait", "--array=0-3", "-o", "%a.log", "array.sh"]);
        assert!(String::from_utf8_lossy(&done.stdout).contains("Submitted"), "{done:?}");
    }

    /// How many outputs each task has made, by what it says at its end; 0 if it said nothing.
    fn made(&self) -> [u64; 4] {
        [0, 1, 2, 3].map(|task| {
            let log = fs::read_to_string(self.0.path(&format!("{task}.log"))).unwrap();
            let mut events =
                log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let finished = events.rfind(|event| event["event"] == "finished");
            finished.map_or(0, |finished| finished["ok"].as_u64().unwrap())
        })
    }
}

impl Drop for Slurm<'_> {
    fn drop(&mut self) {
        for server in ["node.pid", "controller.pid"] {
            let id = fs::read_to_string(self.0.path("slurm").join(server)).unwrap_or_default();
            if let Some(server) = id.trim().parse().ok().and_then(Pid::from_raw) {
                let _ = kill_process(server, Signal::TERM);
            }
        }
    }
}

#[test]
#[ignore = "needs a Slurm, and root"]
fn an_array_makes_what_one_run_makes_and_a_task_that_was_killed_is_made_up_for() {
    let workspace = Workspace::with_pictures(120, 400, 300);
    workspace.lote("run in -f blur -f sepia -o calm").run().code(0);
    let slurm = Slurm::start(&workspace);
    let run = "run in -f blur -f sepia --shard auto -j 1 --ndjson --if-exists skip";
    let program = env!("CARGO_BIN_EXE_lote-under-test");

    slurm.array(&format!("exec {program} {run} -o out"));
    let made = slurm.made();
    assert_eq!(made, [60; 4]);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    let journals = fs::read_dir(workspace.path("out/.lote")).unwrap().flatten();
    let journals =
        journals.filter(|file| file.file_name().to_string_lossy().starts_with("journal"));
    assert_eq!(journals.count(), 4);
    let rest = workspace.lote("run in -f blur -f sepia -o out --resume --ndjson").run().code(0);
    assert_eq!(rest.event("finished")["ok"], 0);

    // The third is killed, with all that it has started, as soon as it has made something: one of 60.
    slurm.array(&format!(
        "[[ $SLURM_ARRAY_TASK_ID != 2 ]] && exec {program} {run} -o struck\n\
         grep -m 1 '\"ok\"' < <({program} {run} -o struck) && kill -KILL 0"
    ));
    let made = slurm.made();
    assert_eq!(made[2], 0, "{made:?}");
    let before = workspace.files("struck").len();
    slurm.array(&format!("exec {program} {run} -o struck"));
    let again = slurm.made();
    assert_eq!([again[0], again[1], again[3]], [0; 3], "each makes only its own");
    assert!(before < 240 && again[2] > 0, "{before}, {again:?}");
    assert_same(&workspace.files("calm"), &workspace.files("struck"));
}
