//! Which security groups name others in their rules.

use model::id::SecurityGroupId;
use model::security::{Peer, SecurityGroup};
use serde_json::{Value, json};

use crate::actions::call::ids;
use crate::actions::{Action, Call, refusal, works};
use crate::rpc::{ApiError, Product};

/// The action about references.
pub(super) const ACTIONS: &[Action] =
    &[Action::read(Product::Ecs, "DescribeSecurityGroupReferences", &[works("SecurityGroupId")], describe)];

fn describe(call: &Call) -> Result<Value, ApiError> {
    let ids = ids::<SecurityGroupId>(&call.params, "SecurityGroupId")?;
    if ids.is_empty() {
        return Err(call.params.missing("SecurityGroupId"));
    }
    let group = |id| call.view.state.owned::<SecurityGroup>(call.account, id);
    let named = ids.iter().map(group).collect::<Result<Vec<_>, _>>();
    let named = named.map_err(|refused| refusal::error(Product::Ecs, &refused))?;
    let shown: Vec<Value> = named.into_iter().filter_map(|group| references(call, group)).collect();
    Ok(json!({ "SecurityGroupReferences": { "SecurityGroupReference": shown } }))
}

/// Nothing for a group that no other names.
fn references(call: &Call, group: &SecurityGroup) -> Option<Value> {
    let names = |other: &SecurityGroup| {
        let peers = other.rules.values().map(|rule| &rule.spec.peer);
        other.id != group.id
            && peers.into_iter().any(|peer| matches!(peer, Peer::Group(id) if *id == group.id))
    };
    let shape = |other: &SecurityGroup| json!({ "SecurityGroupId": other.id, "AliUid": other.meta.owner.to_string() });
    let found = call.all_owned::<SecurityGroup>().filter(|other| names(other));
    let others: Vec<Value> = found.map(|other| shape(other)).collect();
    (!others.is_empty()).then(|| {
        json!({
            "SecurityGroupId": group.id,
            "ReferencingSecurityGroups": { "ReferencingSecurityGroup": others },
        })
    })
}
