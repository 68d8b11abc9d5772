//! The last probes of the servers of one of the caller's groups.

use std::sync::Arc;

use model::id::ServerGroupId;
use model::nlb::{Server, ServerGroup};
use model::report::{HealthState, Probe};
use model::status;
use model::words::Words;
use serde_json::{Value, json};

use crate::actions::call::required_id;
use crate::actions::nlb::identity;
use crate::actions::{Signed, refusal};
use crate::hosts::Sight;
use crate::rpc::ApiError;

/// The servers that are asked for by `ServerIds`, or all.
pub(crate) fn tell(
    sight: &dyn Sight,
    signed: &Signed,
    observed: &status::Observed,
) -> Result<Value, ApiError> {
    let group = group(signed)?;
    let wanted = signed.params.texts("ServerIds")?;
    let view = status::View { state: &signed.state, observed };
    let is_wanted = |server: &&Server| wanted.is_empty() || wanted.contains(&identity(&server.target).0);
    let show = |server: &Server| {
        let report = view.health(server.index).filter(|_| group.health_check.is_some());
        json!({
            "ServerId": identity(&server.target).0,
            "ServerIp": view.address_of(&server.target),
            "Port": server.port,
            "Status": report.map_or("", |report| word(report.state)),
            "Probes": sight.probes(server.index).iter().map(show_probe).collect::<Vec<_>>(),
        })
    };
    Ok(json!({
        "Checked": group.health_check.is_some(),
        "Servers": group.servers.iter().filter(is_wanted).map(show).collect::<Vec<_>>(),
    }))
}

fn group(signed: &Signed) -> Result<&Arc<ServerGroup>, ApiError> {
    let id: ServerGroupId = required_id(&signed.params, "ServerGroupId")?;
    signed
        .state
        .owned(signed.account, &id)
        .map_err(|refused| refusal::error(signed.params.product(), &refused))
}

fn show_probe(probe: &Probe) -> Value {
    json!({
        "Time": probe.at.0,
        "Status": word(probe.state),
        "ReasonCode": probe.reason.map(Words::word).unwrap_or_default(),
        "LatencyMicros": probe.latency_micros,
    })
}

pub(super) fn word(state: HealthState) -> &'static str {
    match state {
        HealthState::Initial => "Initial",
        HealthState::Healthy => "Healthy",
        HealthState::Unhealthy => "Unhealthy",
    }
}
