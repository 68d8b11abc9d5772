//! What agent and proxy tell each other: JSON texts after their lengths (4 bytes, network byte order). Each message is
//! answered, once it is so, by what stands in the way of it.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::settings::Settings;

/// Longest text, bytes: ten thousand listeners fit many times over.
const LONGEST: u32 = 1 << 30;

/// A message to the proxy.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// Follow these settings from now on.
    Follow(Settings),
    /// Take no new connections, and end with the last one.
    Retire,
}

/// Sends a message; an error tells what of it is not so.
pub(super) async fn tell(stream: &mut UnixStream, message: &Message) -> io::Result<()> {
    send(stream, message).await?;
    let faults: Vec<String> = receive(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    if faults.is_empty() { Ok(()) } else { Err(io::Error::other(faults.join("; "))) }
}

/// Sends a text.
pub(super) async fn send<T: Serialize>(stream: &mut UnixStream, what: &T) -> io::Result<()> {
    let text = serde_json::to_vec(what)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    stream.write_u32(length).await?;
    stream.write_all(&text).await
}

/// The next text; `None` when the other side has gone.
pub(super) async fn receive<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<Option<T>> {
    let length = match stream.read_u32().await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        length => length?,
    };
    if length > LONGEST {
        return Err(io::Error::other(format!("a text of {length} bytes")));
    }
    let mut text = vec![0; length as usize];
    stream.read_exact(&mut text).await?;
    Ok(Some(serde_json::from_slice(&text)?))
}
