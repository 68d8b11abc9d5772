//! The tests of data plane and instances under Debian 12's own kernel, 6.1, which has no tcx and no BIG TCP for IPv4 and
//! is booted with version 2 cgroups alone. The machine is emulated, so this needs no virtualisation, and sees this
//! machine's file system, read only, without a network.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::run::{cargo, output, succeed};

const FOLDER: &str = "target/older-kernel";
/// The package that depends on Debian's current kernel image.
const KERNEL: &str = "linux-image-amd64";
const VERSION: &str = "6.1.";
/// What the emulated machine needs before it has a root; everything else the kernel loads by itself.
const MODULES: [&str; 4] = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
/// The emulated machine is stopped after this long, seconds.
const PATIENCE: &str = "1200";
/// Last line of the emulated machine, followed by an exit status.
const VERDICT: &str = "older kernel: status ";
/// Test binaries with what they are not asked here: what measures time, which an emulated processor does not keep.
const TESTS: [(&str, &str); 3] = [
    ("host", ""),
    ("instance", "--skip two_instances_serve_their_own_pages"),
    (
        "packet",
        "--skip cost::established --skip cost::only_the_first --skip cost::two_hundred --skip long_lists_are_judged_quickly \
         --skip live::a_limited --skip rates::a_rate_is_kept",
    ),
];

/// Boots the kernel and runs the tests; fails when one of them does or when they take too long.
pub(crate) fn run() -> Result<()> {
    let folder = std::env::current_dir()?.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {FOLDER}"))?;
    let image = kernel(&folder)?;
    let tests = TESTS.iter().map(|(name, skipped)| Ok(format!("{} {skipped}", binary(name)?)));
    let tests = tests.collect::<Result<Vec<String>>>()?;
    let archive = initramfs(&folder, &image, &tests)?;
    boot(&image, &archive)
}

/// Downloads and unpacks the kernel's package, unless it lies there; its folder.
fn kernel(folder: &Path) -> Result<PathBuf> {
    let depends = output(Command::new("apt-cache").args(["depends", KERNEL]))?;
    let package = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    let package = package.with_context(|| format!("{KERNEL} names no image: apt-get update"))?;
    ensure!(
        package.starts_with(&format!("linux-image-{VERSION}")),
        "{KERNEL} is {package} here; this test needs Debian 12's package sources"
    );
    let image = folder.join(package);
    if image.join("unpacked").exists() {
        return Ok(image);
    }
    // What an interrupted run left.
    let _ = fs::remove_dir_all(&image);
    fs::create_dir_all(&image).with_context(|| format!("cannot make {}", image.display()))?;
    succeed(Command::new("apt-get").args(["download", "-qq", package]).current_dir(&image))?;
    let archive = find(&image, "linux-image")?;
    succeed(Command::new("dpkg").arg("-x").arg(&archive).arg(&image))?;
    succeed(Command::new("/sbin/depmod").arg("-b").arg(&image).arg(release(&image)?))?;
    fs::remove_file(archive)?;
    fs::write(image.join("unpacked"), "")?;
    Ok(image)
}

fn release(image: &Path) -> Result<String> {
    let vmlinuz = find(&image.join("boot"), "vmlinuz-")?;
    let name = vmlinuz.file_name().and_then(|name| name.to_str()).context("the kernel has a name")?;
    Ok(name.trim_start_matches("vmlinuz-").to_owned())
}

fn find(folder: &Path, prefix: &str) -> Result<PathBuf> {
    let mut entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let found = entries.find_map(|entry| {
        let entry = entry.ok()?;
        entry.file_name().to_str()?.starts_with(prefix).then(|| entry.path())
    });
    found.with_context(|| format!("no {prefix}… in {}", folder.display()))
}

/// Builds a test binary of the agent; its path.
fn binary(name: &str) -> Result<String> {
    let build = ["test", "--locked", "--package", "agent", "--test", name, "--no-run"];
    let said = output(cargo(&build).args(["--message-format", "json"]))?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let built = messages
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(str::to_owned));
    built.with_context(|| format!("cargo names no binary of the test {name}"))
}

/// The archive with everything that the machine starts from.
fn initramfs(folder: &Path, image: &Path, tests: &[String]) -> Result<PathBuf> {
    let root = folder.join("initramfs");
    // Of an earlier run, if there was one.
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("modules"))?;
    fs::copy("/bin/busybox", root.join("busybox")).context("no busybox: apt-get install busybox-static")?;
    fs::write(root.join("init"), include_str!("older_kernel.sh"))?;
    succeed(Command::new("chmod").arg("+x").arg(root.join("init")))?;
    fs::write(root.join("tests"), script(image, tests)?)?;
    for (place, module) in modules(image)?.iter().enumerate() {
        let name = module.file_name().context("a module has a name")?.to_string_lossy();
        fs::copy(module, root.join(format!("modules/{place:02}-{name}")))?;
    }
    let archive = folder.join("initramfs.cpio");
    let pack = "find . | /bin/busybox cpio -o -H newc 2>/dev/null >\"$1\"";
    succeed(Command::new("sh").args(["-c", pack, "sh"]).arg(&archive).current_dir(&root))?;
    Ok(archive)
}

/// Module files in the order in which they must be loaded.
fn modules(image: &Path) -> Result<Vec<PathBuf>> {
    let mut ask = Command::new("/sbin/modprobe");
    ask.arg("-d").arg(image).args(["-S", &release(image)?, "--show-depends", "-a"]).args(MODULES);
    let mut files = Vec::new();
    for file in output(&mut ask)?.lines().filter_map(|line| line.strip_prefix("insmod ")) {
        let file = PathBuf::from(file.trim());
        if !files.contains(&file) {
            files.push(file);
        }
    }
    Ok(files)
}

/// What the machine does once it has its root. The disks of instances lie on tmpfs: the root is an overlay, which cannot
/// hold the upper directory of another.
fn script(image: &Path, tests: &[String]) -> Result<String> {
    let agent = std::env::current_dir()?.join("crates/agent");
    let runs: String = tests.iter().map(|test| format!("{test} --color never || status=1\n")).collect();
    Ok(format!(
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run HOME=/root\n\
         mount -t proc proc /proc\nmount -t sysfs sysfs /sys\nmount -t devtmpfs devtmpfs /dev\n\
         mkdir -p /dev/pts\nmount -t devpts devpts /dev/pts\nmount -t cgroup2 cgroup /sys/fs/cgroup\n\
         mount -t tmpfs tmp /var/tmp\nmount --bind {}/lib/modules /lib/modules\n\
         ip link set lo up\nuname -r\ncd {}\nstatus=0\n{runs}\
         echo '{VERDICT}'$status\necho o >/proc/sysrq-trigger\nread forever\n",
        image.display(),
        agent.display()
    ))
}

/// Runs the machine, shows what it prints and takes its verdict.
fn boot(image: &Path, archive: &Path) -> Result<()> {
    let mut machine = Command::new("timeout");
    machine.args([PATIENCE, "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"]);
    machine.args(["-m", "2048", "-nodefaults", "-no-reboot", "-nic", "none", "-display", "none"]);
    machine.args(["-serial", "stdio", "-append", "console=ttyS0 quiet panic=-1"]);
    machine.args(["-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"]);
    machine.arg("-kernel").arg(find(&image.join("boot"), "vmlinuz-")?).arg("-initrd").arg(archive);
    let mut child = machine
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start timeout qemu-system-x86_64")?;
    let mut verdict = None;
    for line in BufReader::new(child.stdout.take().context("a pipe")?).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
        println!("{line}");
        verdict = line.strip_prefix(VERDICT).map(str::to_owned).or(verdict);
    }
    child.wait()?;
    match verdict.as_deref() {
        Some("0") => Ok(()),
        Some(_) => bail!("tests fail on Linux {}", release(image)?),
        None => bail!("Linux {} did not come to the end of the tests in {PATIENCE} s", release(image)?),
    }
}
