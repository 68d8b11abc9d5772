//! What the agent tells the proxy: one JSON text after its length (4 bytes, network byte order), answered by one byte
//! once it is so.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::settings::Settings;

/// Longest message, bytes: ten thousand listeners fit many times over.
const LONGEST: u32 = 1 << 30;
const DONE: u8 = 1;

/// A message to the proxy.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// Follow these settings from now on.
    Follow(Settings),
    /// Take no new connections, and end with the last one.
    Retire,
}

/// Sends a message and waits until it is so.
pub(super) async fn tell(stream: &mut UnixStream, message: &Message) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    stream.write_u32(length).await?;
    stream.write_all(&text).await?;
    match stream.read_u8().await? {
        DONE => Ok(()),
        other => Err(io::Error::other(format!("an unknown answer, {other}"))),
    }
}

/// The next message; `None` when the agent has gone.
pub(super) async fn hear(stream: &mut UnixStream) -> io::Result<Option<Message>> {
    let length = match stream.read_u32().await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        length => length?,
    };
    if length > LONGEST {
        return Err(io::Error::other(format!("a message of {length} bytes")));
    }
    let mut text = vec![0; length as usize];
    stream.read_exact(&mut text).await?;
    Ok(Some(serde_json::from_slice(&text)?))
}

/// Says that the last message is so.
pub(super) async fn done(stream: &mut UnixStream) -> io::Result<()> {
    stream.write_u8(DONE).await
}
