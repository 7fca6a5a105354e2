//! `--report FILE`: what a run leaves to keep.

use serde_json::Value;

use crate::support::Workspace;

#[test]
fn a_report_is_a_page_a_table_or_data_by_its_ending() {
    let workspace = Workspace::with_pictures(2, 8, 8);
    workspace.add("in/<b>bad.png", b"no image");
    for ending in ["html", "csv", "json"] {
        let run = format!("run in -f grises -o out --report report.{ending}");
        workspace.lote(&run).run().code(1);
    }
    let read = |name: &str| String::from_utf8(workspace.files("")[name].clone()).unwrap();
    let page = read("report.html");
    assert!(page.contains("3 images, 3 files: 2 ready, 1 failed, 0 skipped"), "{page}");
    assert!(page.contains("&lt;b&gt;bad.png") && !page.contains("<b>bad.png"));
    let table = read("report.csv");
    let mut lines = table.lines();
    let head = "\u{feff}\"image\",\"filter\",\"status\",\"file\",\"bytes\",\"failure\",\"reason\"";
    assert_eq!(lines.next().unwrap(), head);
    let first = "\"00.png\",\"grises\",\"ok\",\"grises/00_grises.png\",";
    assert!(lines.next().unwrap().starts_with(first), "{table}");
    let data: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!((&data["summary"]["ok"], &data["summary"]["failed"]), (&2.into(), &1.into()));
    assert_eq!(data["outputs"].as_array().unwrap().len(), 3);
    let said = workspace.lote("run in -f grises --report report.txt").run().code(2).stderr;
    assert!(said.contains("reports are .html, .csv and .json"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_report_that_would_wait_for_a_reader_is_refused_before_the_run() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let workspace = Workspace::with_pictures(1, 8, 8);
    mknodat(CWD, workspace.path("pipe.csv"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    std::fs::create_dir(workspace.path("folder.html")).unwrap();
    std::os::unix::fs::symlink("pipe.csv", workspace.path("link.json")).unwrap();
    for report in ["pipe.csv", "folder.html", "link.json"] {
        let run = format!("run in -f grises -o out --report {report}");
        let said = workspace.lote(&run).run().code(2).stderr;
        assert!(said.contains(&format!("the report {report} is not a regular file")), "{said}");
    }
    assert!(!workspace.path("out").exists());
}

#[test]
fn a_report_into_a_folder_that_is_not_there_is_refused_before_the_run() {
    let workspace = Workspace::with_pictures(1, 8, 8);
    for report in ["lost/report.csv", "in/00.png/report.html"] {
        let run = format!("run in -f grises -o out --report {report}");
        let said = workspace.lote(&run).run().code(2).stderr;
        let what = format!("the report {report} could not be written: no such file or folder");
        assert!(said.contains(&what) && said.contains("make its folder first"), "{said}");
    }
    assert!(!workspace.path("out").exists() && !workspace.path("lost").exists());
}
