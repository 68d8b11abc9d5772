//! `DryRun=true`: the same judgement, and nothing is kept. The outcome is always an error, so that no client takes it
//! for the real thing.

use model::command::Env;
use serde_json::Value;

use super::{Action, Call, Write, refusal};
use crate::rpc::ApiError;

/// What a change would have come to.
pub(super) fn outcome(action: &Action, call: &Call, write: &Write, env: &Env) -> ApiError {
    match call.view.state.apply(&write.command, env) {
        Ok(_) => would_work(),
        Err(refused) => refusal::error(action.product, &refused),
    }
}

/// The answer to a question, if it was meant.
pub(super) fn read(call: &Call, answer: Value) -> Result<Value, ApiError> {
    if call.params.flag("DryRun")?.unwrap_or(false) { Err(would_work()) } else { Ok(answer) }
}

fn would_work() -> ApiError {
    ApiError::new(400, "DryRunOperation", "The request would have worked. Nothing was changed.")
}
