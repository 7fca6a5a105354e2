//! Gives the crate the id of all that decides the bytes of outputs: the sources of protocol, filters
//! and workers, the versions of all dependencies, and what is compiled in.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut files = vec![PathBuf::from("../../Cargo.lock")];
    for folder in ["../../protocol/src", "../../worker/src", "../../worker/imaging/src"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files)?;
    }
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut write = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for file in files {
        write(&fs::read(file)?);
    }
    write(env::var("CARGO_PKG_VERSION").unwrap_or_default().as_bytes());
    write(&[u8::from(env::var_os("CARGO_FEATURE_HEIC").is_some())]);
    // Nobody has shown that other kinds of machines make the same bytes.
    write(env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default().as_bytes());
    write(env::var("CARGO_CFG_TARGET_OS").unwrap_or_default().as_bytes());
    println!("cargo::rustc-env=LOTE_SOURCES_ID={hash:016x}");
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
