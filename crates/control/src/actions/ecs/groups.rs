//! Security groups.

use std::sync::Arc;

use model::command::security::{CreateSecurityGroup, ModifySecurityGroup};
use model::command::{Command, Output};
use model::meta::Relabel;
use model::security::{GroupKind, Peer, SecurityGroup};
use model::words::Words;
use serde_json::{Value, json};

use crate::actions::list::resource_group;
use crate::actions::older::{self, ecs_tags, many, never, page, wanted};
use crate::actions::{Action, Call, View, Write, call, no_effect, works};
use crate::rpc::{ApiError, Product, time};

/// Actions about security groups.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "CreateSecurityGroup",
        &[
            works("Description"),
            works("ResourceGroupId"),
            works("SecurityGroupName"),
            works("SecurityGroupType"),
            works("ServiceManaged"),
            works("Tag"),
            works("VpcId"),
        ],
        create,
    ),
    Action::write(Product::Ecs, "DeleteSecurityGroup", &[works("SecurityGroupId")], |call| {
        Ok(Write::silent(Command::DeleteSecurityGroup(call::required_id(&call.params, "SecurityGroupId")?)))
    }),
    Action::write(
        Product::Ecs,
        "ModifySecurityGroupAttribute",
        &[works("Description"), works("SecurityGroupId"), works("SecurityGroupName")],
        modify,
    ),
    Action::write(
        Product::Ecs,
        "ModifySecurityGroupPolicy",
        &[works("InnerAccessPolicy"), works("SecurityGroupId")],
        modify_policy,
    ),
    Action::read(
        Product::Ecs,
        "DescribeSecurityGroups",
        &[
            works("MaxResults"),
            works("NextToken"),
            works("NetworkType"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("SecurityGroupId"),
            works("SecurityGroupIds"),
            works("SecurityGroupName"),
            works("SecurityGroupType"),
            works("ServiceManaged"),
            works("Tag"),
            works("VpcId"),
            no_effect("FuzzyQuery", "a name that ends in * stands for all that begin like it"),
            no_effect("IsQueryEcsCount", "the count is always shown"),
        ],
        describe,
    ),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    never(params, "ServiceManaged", "groups belong to those who make them.")?;
    let kind = params.text("SecurityGroupType").map(GroupKind::parse).transpose();
    let command = CreateSecurityGroup {
        labels: call::labels(params, Some("SecurityGroupName"), Some("Description"))?,
        vpc: call::required_id(params, "VpcId")?,
        kind: kind
            .map_err(|error| ApiError::new(400, "InvalidParams.GroupType", format!("{error}.")))?
            .unwrap_or_default(),
    };
    let answer = |_: &View, output: &Output| match output {
        Output::SecurityGroup(id) => json!({ "SecurityGroupId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::CreateSecurityGroup(command), answer })
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let relabel = Relabel {
        name: call::name(params, "SecurityGroupName")?,
        description: call::description(params, "Description")?,
    };
    let group = call::required_id(params, "SecurityGroupId")?;
    Ok(Write::silent(Command::ModifySecurityGroup(ModifySecurityGroup { group, relabel })))
}

fn modify_policy(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let accept = params.choice("InnerAccessPolicy", &[("Accept", true), ("Drop", false)]);
    let accept = accept.map_err(|illegal| ApiError { code: "InvalidPolicy.Malformed".into(), ..illegal })?;
    let accept = accept.ok_or_else(|| params.missing("InnerAccessPolicy"))?;
    Ok(Write::silent(Command::SetInnerAccess(call::required_id(params, "SecurityGroupId")?, accept)))
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "SecurityGroupIds", "SecurityGroupName")?;
    let ids = many(params, "SecurityGroupId")?;
    params.choice("SecurityGroupType", &[("normal", ()), ("enterprise", ())])?;
    let asked = |group: &&Arc<SecurityGroup>| {
        filter.takes(group.id.as_str(), &group.meta)
            && ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == group.id.as_str()))
            && wanted(params, "NetworkType", "vpc")
            && wanted(params, "SecurityGroupType", group.kind.word())
            && wanted(params, "ServiceManaged", "false")
            && wanted(params, "VpcId", group.vpc.as_str())
    };
    let groups: Vec<Arc<SecurityGroup>> = call.all_owned::<SecurityGroup>().filter(asked).cloned().collect();
    let names = ("SecurityGroups", "SecurityGroup");
    let mut answer =
        page(params, names, 100, groups, |group| group.id.to_string(), |group| body(&call.view, group))?;
    answer["RegionId"] = call.region().into();
    Ok(answer)
}

fn body(view: &View, group: &SecurityGroup) -> Value {
    let (members, quota) = view.state.members(group);
    let free = (view.state.limit(group.meta.owner, quota) as usize).saturating_sub(members);
    let to_groups = group.rules.values().filter(|rule| matches!(rule.spec.peer, Peer::Group(_))).count();
    json!({
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.meta.name,
        "Description": group.meta.description,
        "SecurityGroupType": group.kind.word(),
        "VpcId": group.vpc,
        "EcsCount": view.state.members_of(&group.id).count(),
        "AvailableInstanceAmount": free,
        "RuleCount": group.rules.len(),
        "GroupToGroupRuleCount": to_groups,
        "ServiceManaged": false,
        "ResourceGroupId": resource_group(&group.meta),
        "Tags": ecs_tags(&group.meta),
        "CreationTime": time::format(group.meta.created),
    })
}
