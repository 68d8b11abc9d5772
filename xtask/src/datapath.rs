//! The kernel program's object: built by the distribution's BPF toolchain, stripped, and committed with a manifest,
//! so that nobody else needs that toolchain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::run::{cargo, output, succeed};

const OBJECT: &str = "crates/datapath/object/datapath.o";
const MANIFEST: &str = "crates/datapath/object/manifest.json";
/// What the object is made of.
const SOURCES: [&str; 4] =
    ["crates/datapath/Cargo.toml", "crates/datapath/src", "crates/tables/Cargo.toml", "crates/tables/src"];
/// A target folder of its own, so that the host's builds stay valid.
const TARGET: &str = "target/bpf";
const RUSTC: &str = "/usr/bin/rustc";

/// What the committed object was made from and with.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// SHA-256 over names and contents of the sources, and over the versions below.
    sources: String,
    /// Versions of the packages in the object, from the lock file.
    packages: BTreeMap<String, String>,
    rustc: String,
    bpf_linker: String,
    /// SHA-256 of the object.
    object: String,
}

/// Builds the kernel program and writes its object; with `check`, only compares it with the committed one.
pub(crate) fn run(check: bool) -> Result<()> {
    let object = build()?;
    let built = Manifest {
        sources: sources(Path::new("."))?,
        packages: packages(Path::new("."))?,
        rustc: output(Command::new(RUSTC).arg("--version"))?.trim().to_owned(),
        bpf_linker: output(Command::new(linker()?).arg("--version"))?.trim().to_owned(),
        object: hex::encode(Sha256::digest(&object)),
    };
    if check { compare(&built) } else { write(&built, &object) }
}

fn write(built: &Manifest, object: &[u8]) -> Result<()> {
    fs::create_dir_all(Path::new(OBJECT).parent().context("the object lies in a folder")?)?;
    fs::write(OBJECT, object).with_context(|| format!("cannot write {OBJECT}"))?;
    fs::write(MANIFEST, serde_json::to_string_pretty(built)? + "\n")
        .with_context(|| format!("cannot write {MANIFEST}"))?;
    println!("{OBJECT}: {} bytes", object.len());
    Ok(())
}

/// Other tools may give other bytes: then that it builds is all that can be said.
fn compare(built: &Manifest) -> Result<()> {
    let committed = committed(Path::new("."))?;
    ensure!(
        built.sources == committed.sources,
        "{OBJECT} is older than its sources: run `x datapath`, commit"
    );
    if (&built.rustc, &built.bpf_linker) != (&committed.rustc, &committed.bpf_linker) {
        println!("{OBJECT} builds, but not with the tools that made the committed one: bytes not compared");
        println!("  committed: {}, {}", committed.rustc, committed.bpf_linker);
        println!("  here:      {}, {}", built.rustc, built.bpf_linker);
        return Ok(());
    }
    ensure!(
        built.object == committed.object,
        "{OBJECT} is not what its sources give: run `x datapath`, commit"
    );
    println!("{OBJECT} is what its sources give, bit for bit");
    Ok(())
}

/// Compiles and strips; the bytes of the object.
fn build() -> Result<Vec<u8>> {
    let linker = linker()?;
    let folder = linker.parent().context("bpf-linker lies in a folder")?;
    let path = std::env::join_paths(
        std::iter::once(folder.to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )?;
    let arguments = [
        "build",
        "--package=datapath",
        "--profile=bpf",
        "--target=bpfel-unknown-none",
        "-Zbuild-std=core",
        "-Ztrim-paths",
        "--config=profile.bpf.trim-paths=\"all\"",
    ];
    // The distribution's compiler is a stable one; building `core` for the target is not stable yet.
    let environment = [("RUSTC", RUSTC), ("RUSTC_BOOTSTRAP", "1"), ("CARGO_TARGET_DIR", TARGET)];
    let foreign = ["RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"];
    let mut command = cargo(&arguments);
    command.env("PATH", path).envs(environment);
    for name in foreign {
        command.env_remove(name);
    }
    succeed(&mut command)?;
    let built = format!("{TARGET}/bpfel-unknown-none/bpf/datapath");
    let stripped = format!("{TARGET}/datapath.o");
    // Without debug information, but with BTF.
    succeed(Command::new(objcopy()?).args(["--strip-debug", &built, &stripped]))?;
    fs::read(&stripped).with_context(|| format!("cannot read {stripped}"))
}

/// bpf-linker of the repository's tools, or the one in the path.
fn linker() -> Result<PathBuf> {
    let own = std::env::current_dir()?.join("target/tools/bin/bpf-linker");
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(own)
        .chain(std::env::split_paths(&paths).map(|folder| folder.join("bpf-linker")))
        .find(|program| program.is_file())
        .context("bpf-linker is missing: `./x datapath` installs it, with the other tools that build the kernel program")
}

/// llvm-objcopy of the LLVM that the compiler is made with.
fn objcopy() -> Result<PathBuf> {
    let version = output(Command::new(RUSTC).arg("-vV"))?;
    let llvm = version.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = llvm.and_then(|v| v.split('.').next()).context("rustc does not say which LLVM it has")?;
    let program = PathBuf::from(format!("/usr/lib/llvm-{major}/bin/llvm-objcopy"));
    if !program.is_file() {
        bail!("{} is missing: apt-get install llvm-{major}-dev", program.display());
    }
    Ok(program)
}

fn committed(root: &Path) -> Result<Manifest> {
    let text = fs::read_to_string(root.join(MANIFEST)).with_context(|| format!("cannot read {MANIFEST}"))?;
    serde_json::from_str(&text).with_context(|| format!("{MANIFEST} is not a manifest"))
}

/// Hash of everything that decides what the object is, tools apart.
fn sources(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
        let content = fs::read(&file).with_context(|| format!("cannot read {name}"))?;
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    }
    for (name, version) in packages(root)? {
        hash.update(format!("{name} {version}\n"));
    }
    Ok(hex::encode(hash.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

/// Versions of the kernel program's dependencies in the lock file.
fn packages(root: &Path) -> Result<BTreeMap<String, String>> {
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|quoted| quoted.trim_matches('"').to_owned())
    };
    Ok(lock
        .split("[[package]]")
        .filter_map(|block| Some((value(block, "name")?, value(block, "version")?)))
        .filter(|(name, _)| name.starts_with("aya-ebpf"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs no BPF toolchain: whoever changes the sources is told that the object must follow.
    #[test]
    fn the_committed_object_is_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let committed = committed(root).expect("a manifest");
        assert_eq!(committed.sources, sources(root).expect("sources"), "stale object: run `x datapath`");
        let object = fs::read(root.join(OBJECT)).expect("an object");
        assert_eq!(committed.object, hex::encode(Sha256::digest(object)), "object and manifest differ");
    }
}
