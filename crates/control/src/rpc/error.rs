//! The error a caller gets.

use std::borrow::Cow;

/// A refusal as it travels. The code is for programs, the message for people: what is wrong and what to do about it.
/// A message never contains a code, because clients look for codes anywhere in the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status; 4xx unless a retry of the same request may work.
    pub status: u16,
    /// Code, as in the public API.
    pub code: Cow<'static, str>,
    /// One or two sentences.
    pub message: Cow<'static, str>,
}

impl ApiError {
    /// An error.
    pub fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// Something failed here that the caller cannot mend; `cause` goes to the log, not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(500, "InternalError", "The request failed inside the server; its log says why. Try again.")
    }
}
