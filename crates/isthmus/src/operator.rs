//! The daemon's ear for its operator: one question and one answer for each connection, for root alone.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result};
use control::admin::{Admin, Question, Told};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::place::Place;

/// Longest question, bytes.
const LONGEST: u64 = 4096;
/// Longest wait for a question and for its answer to be read.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens where only the owner reaches it.
pub fn listen(place: &Place) -> Result<UnixListener> {
    let path = place.admin_socket();
    // A killed daemon leaves its socket.
    let _ = std::fs::remove_file(&path);
    let listener =
        UnixListener::bind(&path).with_context(|| format!("cannot listen on {}", path.display()))?;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, private).with_context(|| format!("cannot protect {}", path.display()))?;
    Ok(listener)
}

/// Answers, one connection after the other, until dropped.
pub async fn answer(listener: UnixListener, admin: Admin) {
    while let Ok((stream, _)) = listener.accept().await {
        match tokio::time::timeout(PATIENCE, converse(stream, &admin)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = format!("{error:#}"), "an operator was not answered"),
            Err(_) => tracing::warn!("an operator asked too slowly"),
        }
    }
}

async fn converse(mut stream: UnixStream, admin: &Admin) -> Result<()> {
    // The mode of the socket keeps others out once it is set; who connected in the moment before is told apart here.
    let peer = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    anyhow::ensure!(peer == 0 || peer == own, "user {peer} may not ask");
    let mut text = Vec::new();
    (&mut stream).take(LONGEST).read_to_end(&mut text).await?;
    let told = match serde_json::from_slice::<Question>(&text) {
        Ok(question) => admin.answer(question).await,
        Err(error) => Told::Refused(format!("this is no question: {error}")),
    };
    stream.write_all(&serde_json::to_vec(&told)?).await?;
    Ok(())
}
