//! Makes the page's files what is served: joined, shortened and compressed, each as `OUT_DIR/PATH.gz`.

#[path = "build/join.rs"]
mod join;
#[path = "build/shorten.rs"]
mod shorten;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use libdeflater::{CompressionLvl, Compressor};

/// The page's folder.
const PAGE: &str = "../../frontend";

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    for source in ["index.html", "app.js", "icon.svg", "modules", "styles", "workers"] {
        println!("cargo::rerun-if-changed={PAGE}/{source}");
    }
    for path in ["index.html", "icon.svg"] {
        write(&out, path, source(path))?;
    }
    for path in ["app.js", "workers/monitor.js"] {
        write(&out, path, join::script(path, &source))?;
    }
    for path in ["modules/texts-en.js", "modules/texts-es.js"] {
        write(&out, path, source(path).map(|text| shorten::tighten(&text)))?;
    }
    write(&out, "styles/lote.css", join::style("styles/lote.css", &source))
}

fn source(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(PAGE).join(path)).ok()
}

/// As small as can be: it is done once, and sent often.
fn write(out: &Path, path: &str, text: Option<String>) -> io::Result<()> {
    let named = |what: &str| io::Error::other(format!("{PAGE}/{path}: {what}"));
    let text = text.ok_or_else(|| named("cannot be read, or a file that it imports"))?;
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut packed = vec![0; compressor.gzip_compress_bound(text.len())];
    let packed_len = compressor
        .gzip_compress(text.as_bytes(), &mut packed)
        .map_err(|error| named(&error.to_string()))?;
    let file = out.join(format!("{path}.gz"));
    fs::create_dir_all(file.parent().unwrap_or(out))?;
    fs::write(file, &packed[..packed_len])
}
