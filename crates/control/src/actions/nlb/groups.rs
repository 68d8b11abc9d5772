//! Security groups of load balancers.

use model::command::Command;
use model::command::balancer::{BalancerCommand, BalancerGroups};

use super::job;
use crate::actions::call::{ids, required_id};
use crate::actions::{Action, Call, Write, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "LoadBalancerJoinSecurityGroup",
        &[works("LoadBalancerId"), works("SecurityGroupIds")],
        |call| change(call, BalancerCommand::Join),
    ),
    Action::write(
        Product::Nlb,
        "LoadBalancerLeaveSecurityGroup",
        &[works("LoadBalancerId"), works("SecurityGroupIds")],
        |call| change(call, BalancerCommand::Leave),
    ),
];

fn change(call: &Call, to: fn(BalancerGroups) -> BalancerCommand) -> Result<Write, ApiError> {
    let params = &call.params;
    let load_balancer = required_id(params, "LoadBalancerId")?;
    let groups = ids(params, "SecurityGroupIds")?.into_iter().collect();
    Ok(Write { command: Command::Balancer(to(BalancerGroups { load_balancer, groups })), answer: job })
}
