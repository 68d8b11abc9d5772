//! `DryRun=true`: the same judgement, and nothing is kept. The outcome is always an error, so that no client takes it
//! for the real thing.

use model::command::Env;

use super::{Action, Call, Write, refusal};
use crate::rpc::ApiError;

/// What the request would have come to.
pub(super) fn outcome(action: &Action, call: &Call, write: &Write, env: &Env) -> ApiError {
    match call.view.state.apply(&write.command, env) {
        Ok(_) => ApiError::new(400, "DryRunOperation", "The request would have worked. Nothing was changed."),
        Err(refused) => refusal::error(action.product, &refused),
    }
}
