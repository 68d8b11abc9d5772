//! Rules are added to security groups, shown and taken away.

use std::collections::BTreeSet;

use model::command::Command;
use model::command::security::{AuthorizeRules, ModifyRule, RevokeRules, RuleSelector};
use model::id::RuleId;
use model::security::{Direction, SecurityGroup};
use model::words::Words;
use serde_json::{Value, json};

use super::rule;
use crate::actions::{Action, Call, Param, Write, call, no_effect, refused, works};
use crate::rpc::page::by_token;
use crate::rpc::{ApiError, Product};

/// Rules shown at once when nothing else is asked for: more than a group can have.
const PAGE: usize = 500;

const NIC_TYPE: Param = no_effect("NicType", "every interface is an intranet one");
const OWNER: &str = "groups of the caller's own account can be named";

const UNMATCHED: &str = "this version cannot match by it: leave it out.";

/// What a rule for what comes in consists of, and more.
macro_rules! ingress {
    ($($more:literal),+) => {
        &[
            works("Description"),
            works("DestCidrIp"),
            works("IpProtocol"),
            works("Ipv6DestCidrIp"),
            works("Ipv6SourceCidrIp"),
            works("Policy"),
            works("PortRange"),
            works("Priority"),
            works("SecurityGroupId"),
            works("SourceCidrIp"),
            works("SourceGroupId"),
            works("SourcePortRange"),
            works("SourcePrefixListId"),
            $(works($more),)+
            NIC_TYPE,
            no_effect("SourceGroupOwnerAccount", OWNER),
            no_effect("SourceGroupOwnerId", OWNER),
            refused("PortRangeListId", UNMATCHED),
        ]
    };
}

/// What a rule for what goes out consists of, and more.
macro_rules! egress {
    ($($more:literal),+) => {
        &[
            works("Description"),
            works("DestCidrIp"),
            works("DestGroupId"),
            works("DestPrefixListId"),
            works("IpProtocol"),
            works("Ipv6DestCidrIp"),
            works("Ipv6SourceCidrIp"),
            works("Policy"),
            works("PortRange"),
            works("Priority"),
            works("SecurityGroupId"),
            works("SourceCidrIp"),
            works("SourcePortRange"),
            $(works($more),)+
            NIC_TYPE,
            no_effect("DestGroupOwnerAccount", OWNER),
            no_effect("DestGroupOwnerId", OWNER),
            refused("PortRangeListId", UNMATCHED),
        ]
    };
}

/// Actions about rules.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Ecs, "AuthorizeSecurityGroup", ingress!("Permissions"), |call| {
        authorize(call, Direction::Ingress)
    }),
    Action::write(Product::Ecs, "AuthorizeSecurityGroupEgress", egress!("Permissions"), |call| {
        authorize(call, Direction::Egress)
    }),
    Action::write(
        Product::Ecs,
        "RevokeSecurityGroup",
        ingress!("Permissions", "SecurityGroupRuleId"),
        |call| revoke(call, Direction::Ingress),
    ),
    Action::write(
        Product::Ecs,
        "RevokeSecurityGroupEgress",
        egress!("Permissions", "SecurityGroupRuleId"),
        |call| revoke(call, Direction::Egress),
    ),
    Action::write(Product::Ecs, "ModifySecurityGroupRule", ingress!("SecurityGroupRuleId"), |call| {
        modify(call, Direction::Ingress)
    }),
    Action::write(Product::Ecs, "ModifySecurityGroupEgressRule", egress!("SecurityGroupRuleId"), |call| {
        modify(call, Direction::Egress)
    }),
    Action::read(
        Product::Ecs,
        "DescribeSecurityGroupAttribute",
        &[
            works("Direction"),
            works("MaxResults"),
            works("NextToken"),
            works("SecurityGroupId"),
            no_effect("Attribute", "every attribute is shown"),
            NIC_TYPE,
        ],
        attribute,
    ),
];

fn authorize(call: &Call, direction: Direction) -> Result<Write, ApiError> {
    let group = call::required_id(&call.params, "SecurityGroupId")?;
    let rules = rule::rules(&call.params, direction)?;
    Ok(Write::silent(Command::AuthorizeRules(AuthorizeRules { group, rules })))
}

fn revoke(call: &Call, direction: Direction) -> Result<Write, ApiError> {
    let group = call::required_id(&call.params, "SecurityGroupId")?;
    let ids = call.params.texts("SecurityGroupRuleId")?;
    let rules = if ids.is_empty() {
        let rules = rule::rules(&call.params, direction)?;
        rules.into_iter().map(|rule| RuleSelector::Spec(rule.spec)).collect()
    } else {
        if ids.len() > rule::RULES {
            return Err(no_rule_id());
        }
        let mut once = BTreeSet::new();
        if !ids.iter().all(|id| once.insert(id)) {
            let message = "A rule is named twice in SecurityGroupRuleId. Name it once.";
            return Err(ApiError::new(400, "InvalidParam.SecurityGroupRuleIdRepeated", message));
        }
        ids.iter().map(|id| rule_id(id).map(RuleSelector::Id)).collect::<Result<_, _>>()?
    };
    Ok(Write::silent(Command::RevokeRules(RevokeRules { group, rules })))
}

/// Changes the rule with an id; or describes anew the rule that says what the request says.
fn modify(call: &Call, direction: Direction) -> Result<Write, ApiError> {
    let params = &call.params;
    let group = call.owned::<SecurityGroup>("SecurityGroupId")?;
    let (rule, spec) = match params.text("SecurityGroupRuleId").map(rule_id).transpose()? {
        Some(id) => {
            let before = group.rules.get(&id).filter(|rule| rule.spec.direction == direction);
            let spec = rule::changed(params, &before.ok_or_else(no_such_rule)?.spec)?;
            (RuleSelector::Id(id), Some(spec))
        }
        None => (RuleSelector::Spec(rule::rule(params, direction)?.spec), None),
    };
    let description = call::description(params, "Description")?;
    Ok(Write::silent(Command::ModifyRule(ModifyRule { group: group.id.clone(), rule, spec, description })))
}

fn rule_id(text: &str) -> Result<RuleId, ApiError> {
    text.parse().map_err(|_| no_rule_id())
}

fn no_rule_id() -> ApiError {
    let prefix = RuleId::PREFIX;
    let message = format!(
        "SecurityGroupRuleId takes ids of rules, which begin with {prefix}, at most {}.",
        rule::RULES
    );
    ApiError::new(400, "InvalidParam.SecurityGroupRuleId", message)
}

fn no_such_rule() -> ApiError {
    let message =
        "A rule in SecurityGroupRuleId does not exist. Ask DescribeSecurityGroupAttribute for the ids.";
    ApiError::new(404, "InvalidSecurityGroupRuleId.NotFound", message)
}

fn attribute(call: &Call) -> Result<Value, ApiError> {
    let group = call.owned::<SecurityGroup>("SecurityGroupId")?;
    let all = [("all", None), ("ingress", Some(Direction::Ingress)), ("egress", Some(Direction::Egress))];
    let direction = call.params.choice("Direction", &all)?.flatten();
    let asked =
        group.rules.iter().filter(|(_, rule)| direction.is_none_or(|wanted| wanted == rule.spec.direction));
    let page = by_token(&call.params, PAGE, 1000, asked.collect(), |(id, _)| id.to_string())?;
    let rules: Vec<_> = page.items.iter().map(|(id, rule)| rule::shape(&call.view, id, rule)).collect();
    let inner = if group.inner_access {
        model::security::RulePolicy::Accept
    } else {
        model::security::RulePolicy::Drop
    };
    Ok(json!({
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.meta.name,
        "Description": group.meta.description,
        "VpcId": group.vpc,
        "RegionId": call.region(),
        "InnerAccessPolicy": inner.word(),
        "Permissions": { "Permission": rules },
        "SnapshotPolicyIds": { "SnapshotPolicyId": [] },
        "NextToken": page.next,
    }))
}
