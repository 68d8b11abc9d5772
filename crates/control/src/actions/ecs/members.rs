//! Instances and interfaces join security groups and leave them.

use model::command::Command;
use model::command::security::{Member, Membership};
use model::id::{EniId, InstanceId};

use crate::actions::{Action, Call, Param, Write, call, works};
use crate::rpc::{ApiError, Product};

const PARAMS: &[Param] = &[works("InstanceId"), works("NetworkInterfaceId"), works("SecurityGroupId")];

/// Actions about membership.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Ecs, "JoinSecurityGroup", PARAMS, |call| {
        Ok(Write::silent(Command::JoinSecurityGroup(membership(call)?)))
    }),
    Action::write(Product::Ecs, "LeaveSecurityGroup", PARAMS, |call| {
        Ok(Write::silent(Command::LeaveSecurityGroup(membership(call)?)))
    }),
];

fn membership(call: &Call) -> Result<Membership, ApiError> {
    let params = &call.params;
    let group = call::required_id(params, "SecurityGroupId")?;
    let instance = call::id::<InstanceId>(params, "InstanceId")?;
    let interface = call::id::<EniId>(params, "NetworkInterfaceId")?;
    let member = match (instance, interface) {
        (Some(instance), None) => Member::Instance(instance),
        (None, Some(interface)) => Member::Eni(interface),
        (None, None) => return Err(params.missing("InstanceId")),
        (Some(_), Some(_)) => {
            let message = "Give InstanceId or NetworkInterfaceId, not both.";
            return Err(ApiError::new(403, "InvalidParam.EniIdAndInstanceId.Conflict", message));
        }
    };
    Ok(Membership { group, member })
}
