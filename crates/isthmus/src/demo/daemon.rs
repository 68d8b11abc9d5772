//! The demo's own daemon: taken down if there is one, started anew in the background.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use control::rpc::Product;

use crate::client::Client;
use crate::down;
use crate::place::Place;

/// Longest wait for the daemon's first answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts `isthmus up --dev` for `place` and waits until its API answers. It goes on after this process ends.
///
/// # Errors
/// When it cannot be started, ends by itself or does not answer; with what it said.
pub(crate) fn start(place: &Place, listen: &str) -> Result<Client> {
    std::fs::create_dir_all(place.run_dir())
        .with_context(|| format!("cannot make {}", place.run_dir().display()))?;
    let log = place.run_dir().join("daemon.log");
    let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut daemon = Command::new(program)
        .args(["up", "--dev", "--listen", listen, "--state"])
        .arg(&place.state)
        .stdin(Stdio::null())
        .stderr(output.try_clone()?)
        .stdout(output)
        // A group of its own: an interrupt from the keyboard is not for it.
        .process_group(0)
        .spawn()
        .context("cannot start `isthmus up`")?;
    let client = Client::new(&format!("http://{listen}"), "dev", "dev");
    let start = Instant::now();
    // The daemon of this place and no other: another system may be on the same port.
    while !place.daemon().is_ok_and(|daemon| daemon.is_some())
        || client.call(Product::Vpc, "DescribeRegions", &[]).is_err()
    {
        if ended(&mut daemon)? || start.elapsed() > PATIENCE {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            down::remove(place, true)?;
            bail!("`isthmus up` does not answer on {listen}; it said:\n{said}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(client)
}

fn ended(daemon: &mut Child) -> Result<bool> {
    Ok(daemon.try_wait().context("the daemon is lost")?.is_some())
}
