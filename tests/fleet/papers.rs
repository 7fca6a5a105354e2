//! What the README says of fleets, done as it says.

use std::fs;
use std::process::Command;

use super::*;
use crate::support::LOTE;
use crate::support::small_disk::may_mount;

/// The lines of the first block of commands in the README's section on fleets, without their comments.
fn lines() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("README.md");
    let text = fs::read_to_string(readme).unwrap();
    let (_, section) = text.split_once("\n## A fleet\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let without_comment = |line: &str| line.split(" #").next().unwrap().trim_end().to_owned();
    block.lines().map(without_comment).collect()
}

/// A machine: a folder of its own, in which the NAS is mounted where the README has it.
struct Machine<'a> {
    workspace: &'a Workspace,
    user: &'a str,
}

impl Machine<'_> {
    /// One of the README's lines on it, among mounts and processes of its own.
    fn runs(&self, line: &str) -> Lote {
        let nas = self.workspace.path("nas");
        let script = format!(
            "mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/nas/fotos && \
             mount --bind {} /mnt/nas/fotos && exec {line}",
            nas.display()
        );
        let path = format!("{}:/usr/bin:/bin", self.workspace.path("bin").display());
        let password = self.workspace.path(self.user);
        Lote::new(self.workspace.path("").as_path(), "")
            .by(&["unshare", "-rpfm", "--mount-proc", "--kill-child", "sh", "-c", &script])
            .env("PATH", &path)
            .env("LOTE_FLEET_USER", self.user)
            .env("LOTE_FLEET_PASSWORD_FILE", password.to_str().unwrap())
            .env("LOTE_FLEET_CA", self.workspace.path("server.crt").to_str().unwrap())
    }
}

#[test]
fn a_studio_with_a_nas_does_what_the_readme_says() {
    let Some(program) = server() else { return };
    if !may_mount() {
        return;
    }
    let workspace = Workspace::new();
    for number in 0..9 {
        let name = format!("nas/2026/boda/{number}.png");
        workspace.add(&name, &crate::support::pictures::png(200, 150, number));
    }
    fs::create_dir(workspace.path("bin")).unwrap();
    std::os::unix::fs::symlink(LOTE, workspace.path("bin/lote")).unwrap();
    let shell = |script: &str| {
        let path = format!("{}:/usr/bin:/bin", workspace.path("bin").display());
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir(workspace.path("")).env("PATH", path);
        assert!(shell.status().unwrap().success(), "{script}");
    };
    let lines = lines();
    let [kit, serve, agent, run, status, resume] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!(serve, "nats-server -c nats.conf");
    let server = Nats::with(&program, |port, store| {
        // Another name of this machine, and a port and folder that nobody else has.
        let of = format!("127.0.0.2 --port {port} --store {store}");
        shell(&kit.replace("nas.local", &of));
        let config = fs::read_to_string(workspace.path("nats.conf")).unwrap();
        let command = config.lines().skip_while(|line| !line.contains("openssl req"));
        let command = command.take_while(|line| line.starts_with("#  "));
        shell(
            &command.map(|line| line.trim_start_matches('#').to_owned() + "\n").collect::<String>(),
        );
        for user in ["agent", "submitter"] {
            let (_, rest) = config.split_once(&format!("user: \"{user}\", password: \"")).unwrap();
            workspace.add(user, rest.split('"').next().unwrap().as_bytes());
        }
        let place = |name: &str| workspace.path(name).to_str().unwrap().to_owned();
        config
            .replace("\"server.crt\"", &format!("{:?}", place("server.crt")))
            .replace("\"server.key\"", &format!("{:?}", place("server.key")))
    });
    let address = format!("127.0.0.2:{}", server.port());
    let here = |line: &str| line.replace("nas.local:4222", &address);
    let studio = Machine { workspace: &workspace, user: "agent" };
    let laptop = Machine { workspace: &workspace, user: "submitter" };
    let _agents = [studio.runs(&here(agent)).start(), studio.runs(&here(agent)).start()];
    laptop.runs(&here(run)).run().code(0);
    workspace.lote("run nas/2026 -R -f web=resize:long_edge=1600 -o alone").run().code(0);
    support::workspace::assert_same(&workspace.files("alone"), &workspace.files("nas/web"));
    let said = laptop.runs(&here(status)).run().code(0).stdout();
    assert_eq!(said.matches("waits for work").count(), 2, "{said}");
    assert!(said.contains("ended"), "{said}");
    laptop.runs(&here(resume)).run().code(0);
    drop(server);
}
