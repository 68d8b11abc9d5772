//! Server groups.

mod health_check;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::command::Command;
use model::command::nlb::{CreateServerGroup, UpdateServerGroup};
use model::nlb::{Drain, IpVersion, ServerGroup};
use model::words::Words;
use serde_json::{Value, json};

use super::{PAGE, job};
use crate::actions::call::{labels, name, required_id};
use crate::actions::list::{self, Labelled, among, is};
use crate::actions::{Action, Call, View, Write, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "CreateServerGroup",
        &[
            works("ServerGroupName"),
            works("VpcId"),
            works("ServerGroupType"),
            works("Protocol"),
            works("Scheduler"),
            works("AddressIPVersion"),
            works("PreserveClientIpEnabled"),
            works("ConnectionDrainEnabled"),
            works("ConnectionDrainTimeout"),
            works("AnyPortEnabled"),
            works("HealthCheckConfig"),
            works("ResourceGroupId"),
            works("Tag"),
            works("IpVersionAffinityMode"),
        ],
        create,
    ),
    Action::write(
        Product::Nlb,
        "UpdateServerGroupAttribute",
        &[
            works("ServerGroupId"),
            works("ServerGroupName"),
            works("Scheduler"),
            works("PreserveClientIpEnabled"),
            works("ConnectionDrainEnabled"),
            works("ConnectionDrainTimeout"),
            works("HealthCheckConfig"),
            works("IpVersionAffinityMode"),
        ],
        update,
    ),
    Action::write(Product::Nlb, "DeleteServerGroup", &[works("ServerGroupId")], delete),
    Action::read(
        Product::Nlb,
        "ListServerGroups",
        &[
            works("ServerGroupIds"),
            works("ServerGroupNames"),
            works("ServerGroupType"),
            works("VpcId"),
            works("ResourceGroupId"),
            works("Tag"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

fn drain_seconds(params: &Params) -> Result<Option<u16>, ApiError> {
    params.number("ConnectionDrainTimeout", 0..=u16::MAX)
}

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    params.required("ServerGroupName")?;
    let plain = CreateServerGroup::new(required_id(params, "VpcId")?);
    let command = CreateServerGroup {
        labels: labels(params, Some("ServerGroupName"), None)?,
        kind: params.word("ServerGroupType")?.unwrap_or(plain.kind),
        protocol: params.word_as_sent("Protocol")?.unwrap_or(plain.protocol),
        scheduler: params.word_as_sent("Scheduler")?.unwrap_or(plain.scheduler),
        ip_version: params.word_as_sent::<IpVersion>("AddressIPVersion")?.unwrap_or(plain.ip_version),
        ip_version_affinity: params.word("IpVersionAffinityMode")?.unwrap_or(plain.ip_version_affinity),
        preserve_client_ip: params.flag("PreserveClientIpEnabled")?.unwrap_or(plain.preserve_client_ip),
        drain: Drain {
            enabled: params.flag("ConnectionDrainEnabled")?.unwrap_or(plain.drain.enabled),
            seconds: drain_seconds(params)?.unwrap_or(plain.drain.seconds),
        },
        any_port: params.flag("AnyPortEnabled")?.unwrap_or(plain.any_port),
        health_check: health_check::patch(&params.object("HealthCheckConfig")?)?,
        vpc: plain.vpc,
    };
    Ok(Write { command: Command::CreateServerGroup(command), answer: job })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateServerGroup {
        server_group: required_id(params, "ServerGroupId")?,
        name: name(params, "ServerGroupName")?,
        scheduler: params.word_as_sent("Scheduler")?,
        ip_version_affinity: params.word("IpVersionAffinityMode")?,
        preserve_client_ip: params.flag("PreserveClientIpEnabled")?,
        drain_enabled: params.flag("ConnectionDrainEnabled")?,
        drain_seconds: drain_seconds(params)?,
        health_check: health_check::patch(&params.object("HealthCheckConfig")?)?,
    };
    Ok(Write { command: Command::UpdateServerGroup(command), answer: job })
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    let command = Command::DeleteServerGroup(required_id(&call.params, "ServerGroupId")?);
    Ok(Write { command, answer: job })
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    let (ids, names) = (params.texts("ServerGroupIds")?, params.texts("ServerGroupNames")?);
    let wanted = |group: &&Arc<ServerGroup>| {
        labelled.takes(&group.meta)
            && among(&ids, group.id.as_str())
            && among(&names, group.meta.name.as_str())
            && is(params.text("ServerGroupType"), group.kind.word())
            && is(params.text("VpcId"), group.vpc.as_str())
    };
    let found = call.all_owned::<ServerGroup>().filter(wanted).collect();
    let render = |group: &&Arc<ServerGroup>| show(&call.view, group);
    list::answer(params, &PAGE, "ServerGroups", found, |group| group.id.to_string(), render)
}

fn show(view: &View, group: &ServerGroup) -> Value {
    let listeners = view.state.listeners_using(&group.id);
    let load_balancers: BTreeSet<&str> = listeners.map(|listener| listener.load_balancer.as_str()).collect();
    json!({
        "ServerGroupId": group.id.as_str(),
        "ServerGroupName": group.meta.name.as_str(),
        "ServerGroupType": group.kind.word(),
        "ServerGroupStatus": view.status().server_group(group).status.word(),
        "AddressIPVersion": group.ip_version.text,
        "AliUid": group.meta.owner.0,
        "AnyPortEnabled": group.any_port,
        "ConnectionDrainEnabled": group.drain.enabled,
        "ConnectionDrainTimeout": group.drain.seconds,
        "HealthCheck": health_check::show(group.health_check.as_ref()),
        "IpVersionAffinityMode": group.ip_version_affinity.word(),
        "PreserveClientIpEnabled": group.preserve_client_ip,
        "Protocol": group.protocol.text,
        "RegionId": view.state.settings().region,
        "RelatedLoadBalancerIds": load_balancers,
        "ResourceGroupId": list::resource_group(&group.meta),
        "Scheduler": group.scheduler.text,
        "ServerCount": group.servers.len(),
        "Tags": list::tags(&group.meta.tags, "Key", "Value"),
        "VpcId": group.vpc.as_str(),
    })
}
