//! Embeds the console, if it was built: every file of `console/dist/app`, which are compressed already.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Always there, so that cargo can watch it; `app` in it is what the console's build makes.
const WATCHED: &str = "../../console/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={WATCHED}");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(WATCHED).join("app");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let entries: String = files.iter().filter_map(|path| entry(&root, path)).collect();
    let table = format!("static FILES: &[(&str, &[u8])] = &[\n{entries}];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("console.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn entry(root: &Path, path: &Path) -> Option<String> {
    let name = path.strip_prefix(root).ok()?.to_str()?.strip_suffix(".gz")?;
    Some(format!("    ({name:?}, include_bytes!({:?})),\n", path.to_str()?))
}
