//! Zones of load balancers, out of DNS and back into it.

use model::command::Command;
use model::command::balancer::{BalancerCommand, ShiftZones};
use model::id::ZoneId;

use crate::actions::call::required_id;
use crate::actions::{Action, Call, Write, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "StartShiftLoadBalancerZones",
        &[works("LoadBalancerId"), works("ZoneMappings")],
        |call| change(call, BalancerCommand::Shift),
    ),
    Action::write(
        Product::Nlb,
        "CancelShiftLoadBalancerZones",
        &[works("LoadBalancerId"), works("ZoneMappings")],
        |call| change(call, BalancerCommand::CancelShift),
    ),
];

fn change(call: &Call, to: fn(ShiftZones) -> BalancerCommand) -> Result<Write, ApiError> {
    let params = &call.params;
    let zone = |zone: &Params| Ok((ZoneId::new(zone.required("ZoneId")?), required_id(zone, "VSwitchId")?));
    let load_balancer = required_id(params, "LoadBalancerId")?;
    let zones = params.list("ZoneMappings")?.iter().map(zone).collect::<Result<Vec<_>, ApiError>>()?;
    if zones.is_empty() {
        return Err(params.missing("ZoneMappings"));
    }
    Ok(Write::silent(Command::Balancer(to(ShiftZones { load_balancer, zones }))))
}
