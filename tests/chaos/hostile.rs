//! A corpus of files that mean harm, which is not part of the repository: `LOTE_HOSTILE` names the
//! folder that holds its `manifest.json` and `files`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::is_long;
use crate::support::Workspace;

/// Python writes a byte of a name that is no UTF-8 as `\\udcXX`; events show such names as text.
fn displayed(manifest: &str) -> String {
    let mut pieces = manifest.split("\\udc");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (byte, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(byte, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether nobody may read a file and it can be read all the same.
fn is_readable_without_permission(path: &Path) -> bool {
    let mode = |metadata: fs::Metadata| metadata.permissions().mode() & 0o777;
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && mode(metadata) == 0)
        && fs::File::open(path).is_ok()
}

#[test]
fn files_that_mean_harm_end_as_their_manifest_says() {
    let Some(corpus) = std::env::var_os("LOTE_HOSTILE").map(PathBuf::from) else {
        // The long form exists for its figures: one that is left out has to be noticed.
        assert!(!is_long(), "LOTE_HOSTILE does not name the folder of the corpus");
        println!("hostile corpus: NOT RUN, LOTE_HOSTILE does not name its folder");
        return;
    };
    let manifest = fs::read_to_string(corpus.join("manifest.json")).unwrap();
    let entries: Vec<Value> = serde_json::from_str(&displayed(&manifest)).unwrap();
    let workspace = Workspace::new();
    let filters = "-R -f grises -f redimensionar:porcentaje=50 --if-collides rename";
    let run =
        workspace.lote(&format!("run {filters} -o out --ndjson --max-memory 2G --timeout 60"));
    let outcome = run.arg(corpus.join("files")).run().code(1);
    outcome.assert_books();
    let mut ends: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for output in outcome.events("output") {
        ends.entry(output["image"].as_str().unwrap().to_owned()).or_default().push(output);
    }
    let (mut ok, mut failed, mut unseen, mut wrong) = (0, 0, 0, Vec::new());
    for entry in &entries {
        let path = entry["path"].as_str().unwrap();
        let expected = entry["expect"].as_str().unwrap();
        let outputs = ends.get(path).map(Vec::as_slice).unwrap_or_default();
        let all = |status: &str| outputs.iter().all(|output| output["status"] == status);
        let classified = outputs.iter().filter(|output| output["status"] != "ok").all(|output| {
            output["status"] == "failed"
                && output["kind"].is_string()
                && output["reason"].as_str().is_some_and(|reason| !reason.is_empty())
        });
        let fits = match expected {
            _ if outputs.is_empty() => expected != "ok",
            // To the administrator nothing is unreadable.
            "error" if is_readable_without_permission(&corpus.join("files").join(path)) => true,
            "ok" => all("ok"),
            "error" | "skip" => all("failed") && classified,
            _ => classified,
        };
        if !fits {
            wrong.push(format!("{path}: expected {expected}: {outputs:?}"));
        }
        match outputs.first() {
            None => unseen += 1,
            Some(_) if all("ok") => ok += 1,
            Some(_) => failed += 1,
        }
    }
    println!(
        "hostile corpus: {} entries, {ok} done, {failed} failed with a reason of a known kind, \
         {unseen} no images and not looked at, {} not as the manifest says, {} workers lost",
        entries.len(),
        wrong.len(),
        outcome.deaths()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(outcome.deaths(), 0);
}
