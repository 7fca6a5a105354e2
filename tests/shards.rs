//! Parts of a job, as machines make them that see the same folders.

use crate::support::workspace::assert_same;
use crate::support::{Lote, Workspace, pictures};

const RUN: &str = "run in -f blur -f sepia -o out -j 1 --ndjson";

#[test]
fn the_parts_together_make_what_one_run_makes_and_nothing_twice() {
    let workspace = Workspace::with_pictures(7, 60, 40);
    workspace.lote("run in -f blur -f sepia -o calm").run().code(0);
    let mut made = 0;
    for number in 1..=3 {
        // What the parts before have made is there, and changes nobody's share.
        let part = format!("{RUN} --shard {number}/3 --if-exists fail");
        let finished = workspace.lote(&part).run().code(0).event("finished");
        let ok = finished["ok"].as_u64().unwrap();
        assert!([4, 6].contains(&ok), "7 images in 3 parts, 2 outputs each: {ok}");
        made += ok;
    }
    assert_eq!(made, 14);
    assert_same(&workspace.files("calm"), &workspace.files("out"));
    let rest = workspace.lote("run in -f blur -f sepia -o out --resume --ndjson").run().code(0);
    assert_eq!(rest.event("finished")["ok"], 0);
}

#[test]
fn slurm_and_kubernetes_say_which_part_it_is() {
    let workspace = Workspace::with_pictures(4, 20, 20);
    for index in ["4", "6"] {
        let part =
            workspace.lote("run in -f sepia -o out --shard auto").env("SLURM_ARRAY_TASK_ID", index);
        let part = part.env("SLURM_ARRAY_TASK_MIN", "4").env("SLURM_ARRAY_TASK_COUNT", "2");
        part.env("SLURM_ARRAY_TASK_STEP", "2").env("SLURM_ARRAY_JOB_ID", "77").run().code(0);
    }
    for index in ["0", "1"] {
        let part =
            workspace.lote("procesar in -f sepia -o pods --parte auto").env("LOTE_SHARDS", "2");
        part.env("JOB_COMPLETION_INDEX", index).run().code(0);
    }
    assert_same(&workspace.files("out"), &workspace.files("pods"));
    assert_eq!(workspace.names("out").len(), 4);
    for wrong in ["auto", "0/4", "5/4", "x"] {
        workspace.lote(&format!("run in -f sepia -o no --shard {wrong}")).run().code(2);
    }
    assert!(!workspace.path("no").exists());
}

#[test]
fn the_readmes_manifest_makes_each_image_in_one_of_its_pods() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, manifest) = readme.split_once("```yaml\n").unwrap();
    let said = |key: &str| {
        let found = manifest.lines().find_map(|line| line.trim().strip_prefix(key));
        found.unwrap_or_else(|| panic!("{key}"))
    };
    let command: Vec<String> = serde_json::from_str(said("command: ")).unwrap();
    let pods: u64 = said("completions: ").parse().unwrap();
    let shards: String = serde_json::from_str(said("value: ")).unwrap();
    assert_eq!(pods.to_string(), shards, "LOTE_SHARDS");
    let workspace = Workspace::with_pictures(11, 20, 20);
    let mut made = 0;
    for pod in 0..pods {
        let pod = workspace.lote("").env("JOB_COMPLETION_INDEX", &pod.to_string());
        let pod = pod.env("LOTE_SHARDS", &shards);
        let pod = command[1..].iter().fold(pod, Lote::arg).arg("--ndjson");
        made += pod.run().code(0).event("finished")["ok"].as_u64().unwrap();
    }
    assert_eq!(made, 11);
    assert_eq!(workspace.names("out").len(), 11);
}

#[test]
fn parts_that_have_found_different_images_do_not_go_together() {
    let workspace = Workspace::with_pictures(4, 20, 20);
    let part = |part: &str, job: &str| {
        workspace.lote(&format!("run in -f sepia -o out --shard {part} --job {job}"))
    };
    part("1/2", "wedding").run().code(0);
    workspace.add("in/late.png", &pictures::png(20, 20, 9));
    let said = part("2/2", "wedding").run().code(4).stderr;
    assert!(said.contains("part 2 has found other images or outputs than part 1"), "{said}");
    part("2/2", "another").run().code(0);
}
