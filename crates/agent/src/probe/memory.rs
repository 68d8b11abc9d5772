//! Verdicts outlive the daemon: a restart begins with the last ones, so it changes no server's share of connections.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use model::id::ServerIndex;
use model::report::{HealthReport, HealthState};
use tokio::sync::watch;

/// The verdicts, by server.
pub(super) type Verdicts = BTreeMap<ServerIndex, HealthState>;

/// The verdicts of the last run. Without a readable file every server begins anew, which is safe but slow: probes
/// decide again.
pub(super) fn load(path: &Path) -> Verdicts {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Verdicts::new(),
        Err(error) => forget(path, &error),
        Ok(text) => serde_json::from_slice(&text).unwrap_or_else(|error| forget(path, &error)),
    }
}

fn forget(path: &Path, error: &dyn std::error::Error) -> Verdicts {
    tracing::warn!(path = %path.display(), %error, "the last verdicts of health checks cannot be read; probing anew");
    Verdicts::new()
}

/// Writes every change of a verdict, until the reports end.
pub(super) async fn keep(
    path: PathBuf,
    mut written: Verdicts,
    mut reports: watch::Receiver<BTreeMap<ServerIndex, HealthReport>>,
) {
    while reports.changed().await.is_ok() {
        let verdicts: Verdicts =
            reports.borrow().iter().map(|(server, report)| (*server, report.state)).collect();
        if verdicts == written {
            continue;
        }
        match save(&path, &verdicts).await {
            Ok(()) => written = verdicts,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "verdicts of health checks cannot be kept");
            }
        }
    }
}

/// Whole or not at all: a reader never sees half a file. No fsync: after a power cut probes decide anew.
async fn save(path: &Path, verdicts: &Verdicts) -> io::Result<()> {
    let fresh = path.with_extension("new");
    tokio::fs::write(&fresh, serde_json::to_vec(verdicts)?).await?;
    tokio::fs::rename(&fresh, path).await
}
