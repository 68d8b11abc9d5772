//! Security groups of endpoints: who in the VPC may use them.

use model::command::Command;
use model::command::endpoint::EndpointGroup;
use model::endpoint::Endpoint;
use model::id::SecurityGroupId;
use serde_json::{Value, json};

use crate::actions::call::required_id;
use crate::actions::list::Sizes;
use crate::actions::{Action, Call, Write, list, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "AttachSecurityGroupToVpcEndpoint",
        &[works("EndpointId"), works("SecurityGroupId")],
        |call| Ok(Write::silent(Command::AttachEndpointGroup(reference(call)?))),
    ),
    Action::write(
        Product::Privatelink,
        "DetachSecurityGroupFromVpcEndpoint",
        &[works("EndpointId"), works("SecurityGroupId")],
        |call| Ok(Write::silent(Command::DetachEndpointGroup(reference(call)?))),
    ),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointSecurityGroups",
        &[works("EndpointId"), works("MaxResults"), works("NextToken")],
        list,
    ),
];

fn reference(call: &Call) -> Result<EndpointGroup, ApiError> {
    let endpoint = required_id(&call.params, "EndpointId")?;
    Ok(EndpointGroup { endpoint, group: required_id(&call.params, "SecurityGroupId")? })
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let endpoint = call.owned::<Endpoint>("EndpointId")?;
    let found = endpoint.security_groups.iter().collect();
    let render = |group: &&SecurityGroupId| json!({ "SecurityGroupId": group.as_str(), "SecurityGroupStatus": "Attached" });
    let sizes = Sizes { default: 50, most: 50 };
    list::answer(&call.params, &sizes, "SecurityGroups", found, |group| group.to_string(), render)
}
