//! Load balancers.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use model::command::Command;
use model::command::nlb::{
    CreateLoadBalancer, LocalAddresses, NewZone, UpdateLoadBalancer, UpdateLoadBalancerZones,
};
use model::id::{SecurityGroupId, ZoneId};
use model::instance::Eni;
use model::names;
use model::nlb::{AddressType, IpVersion, LoadBalancer, ZoneMapping};
use model::words::Words;
use serde_json::{Map, Value, json};

use super::{PAGE, job, protection};
use crate::actions::call::{labels, name, required_id};
use crate::actions::list::{self, Labelled, among, is};
use crate::actions::{Action, Call, View, Write, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product, time};

/// The one type of load balancers.
const TYPE: &str = "Network";

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "CreateLoadBalancer",
        &[
            works("VpcId"),
            works("ZoneMappings"),
            works("LoadBalancerName"),
            works("AddressType"),
            works("AddressIpVersion"),
            works("DeletionProtectionConfig"),
            works("ModificationProtectionConfig"),
            works("ResourceGroupId"),
            works("Tag"),
            works("LoadBalancerType"),
            no_effect("LoadBalancerBillingConfig", "nothing is billed"),
            refused("BandwidthPackageId", "there are no bandwidth packages."),
        ],
        create,
    ),
    Action::write(
        Product::Nlb,
        "UpdateLoadBalancerAttribute",
        &[works("LoadBalancerId"), works("LoadBalancerName"), works("CrossZoneEnabled"), works("Cps")],
        update,
    ),
    Action::write(
        Product::Nlb,
        "UpdateLoadBalancerZones",
        &[works("LoadBalancerId"), works("ZoneMappings")],
        update_zones,
    ),
    Action::write(Product::Nlb, "DeleteLoadBalancer", &[works("LoadBalancerId")], delete),
    Action::read(Product::Nlb, "GetLoadBalancerAttribute", &[works("LoadBalancerId")], get),
    Action::read(
        Product::Nlb,
        "ListLoadBalancers",
        &[
            works("LoadBalancerIds"),
            works("LoadBalancerNames"),
            works("LoadBalancerStatus"),
            works("LoadBalancerBusinessStatus"),
            works("AddressType"),
            works("AddressIpVersion"),
            works("VpcIds"),
            works("ZoneId"),
            works("DNSName"),
            works("ResourceGroupId"),
            works("Tag"),
            works("MaxResults"),
            works("NextToken"),
            works("LoadBalancerType"),
            works("Ipv6AddressType"),
        ],
        list,
    ),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let address_type = params.word_as_sent::<AddressType>("AddressType")?;
    let ip_version = params.word_as_sent::<IpVersion>("AddressIpVersion")?;
    params.choice("LoadBalancerType", &[(TYPE, ())])?;
    billing(&params.object("LoadBalancerBillingConfig")?)?;
    let command = CreateLoadBalancer {
        labels: labels(params, Some("LoadBalancerName"), None)?,
        address_type: address_type.ok_or_else(|| params.missing("AddressType"))?,
        ip_version: ip_version.unwrap_or(IpVersion::Ipv4.into()),
        deletion_protection: protection::deletion(&params.object("DeletionProtectionConfig")?)?,
        modification_protection: protection::modification(&params.object("ModificationProtectionConfig")?)?,
        ..CreateLoadBalancer::new(required_id(params, "VpcId")?, zones(params)?)
    };
    Ok(Write { command: Command::CreateLoadBalancer(command), answer: job })
}

/// Nothing is billed, and only what is paid for afterwards can be asked for.
fn billing(config: &Params) -> Result<(), ApiError> {
    match config.text("PayType") {
        Some(other) if !other.eq_ignore_ascii_case("PostPay") => {
            let code = "OperationDenied.OnlyPostPaidSupported";
            Err(ApiError::new(400, code, "The parameter PayType is not valid: give PostPay, or nothing."))
        }
        Some(_) | None => Ok(()),
    }
}

fn zones(params: &Params) -> Result<Vec<NewZone>, ApiError> {
    let zones = params.list("ZoneMappings")?;
    if zones.is_empty() {
        return Err(params.missing("ZoneMappings"));
    }
    zones.iter().map(zone).collect()
}

fn zone(zone: &Params) -> Result<NewZone, ApiError> {
    for name in ["AllocationId", "EipType"] {
        if zone.has(name) {
            return Err(zone.illegal(name, "no address of a load balancer is public."));
        }
    }
    Ok(NewZone {
        zone: ZoneId::new(zone.required("ZoneId")?),
        vswitch: required_id(zone, "VSwitchId")?,
        address: zone.parse("PrivateIPv4Address")?,
        ipv6: zone.parse("Ipv6Address")?,
        local: LocalAddresses {
            ipv4: different(zone, "Ipv4LocalAddresses")?,
            ipv6: different(zone, "Ipv6LocalAddresses")?,
        },
    })
}

fn different<T: FromStr<Err: Display> + Ord>(zone: &Params, name: &str) -> Result<BTreeSet<T>, ApiError> {
    let mut all = BTreeSet::new();
    for text in zone.texts(name)? {
        let address =
            text.parse().map_err(|error: T::Err| zone.illegal(name, format!("'{text}': {error}.")))?;
        if !all.insert(address) {
            return Err(zone.illegal(name, format!("{text} is given twice.")));
        }
    }
    Ok(all)
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateLoadBalancer {
        load_balancer: required_id(params, "LoadBalancerId")?,
        name: name(params, "LoadBalancerName")?,
        cross_zone: params.flag("CrossZoneEnabled")?,
        cps: params.number("Cps", 0..=u32::MAX)?,
    };
    Ok(Write { command: Command::UpdateLoadBalancer(command), answer: job })
}

fn update_zones(call: &Call) -> Result<Write, ApiError> {
    let load_balancer = required_id(&call.params, "LoadBalancerId")?;
    let command = UpdateLoadBalancerZones { load_balancer, zones: zones(&call.params)? };
    Ok(Write { command: Command::UpdateLoadBalancerZones(command), answer: job })
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    let command = Command::DeleteLoadBalancer(required_id(&call.params, "LoadBalancerId")?);
    Ok(Write { command, answer: job })
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let load_balancer = call.owned::<LoadBalancer>("LoadBalancerId")?;
    let mut answer = show(&call.view, load_balancer);
    answer.insert("Tags".into(), list::tags(&load_balancer.meta.tags, "TagKey", "TagValue").into());
    answer.insert("Cps".into(), load_balancer.cps.into());
    Ok(Value::Object(answer))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let filter = filter(call)?;
    let found = call.all_owned::<LoadBalancer>().filter(|one| filter(one)).collect();
    let render = |one: &&std::sync::Arc<LoadBalancer>| {
        let mut item = show(&call.view, one);
        item.insert("Tags".into(), list::tags(&one.meta.tags, "Key", "Value").into());
        Value::Object(item)
    };
    list::answer(&call.params, &PAGE, "LoadBalancers", found, |one| one.id.to_string(), render)
}

fn filter(call: &Call) -> Result<impl Fn(&LoadBalancer) -> bool, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    params.choice("LoadBalancerType", &[(TYPE, ())])?;
    let (ids, vpcs) = (params.texts("LoadBalancerIds")?, params.texts("VpcIds")?);
    let names = params.texts("LoadBalancerNames")?;
    let text = |name: &str| params.text(name);
    Ok(move |one: &LoadBalancer| {
        labelled.takes(&one.meta)
            && among(&ids, one.id.as_str())
            && among(&names, one.meta.name.as_str())
            && among(&vpcs, one.vpc.as_str())
            && is(text("LoadBalancerStatus"), call.view.status().load_balancer(one).status.word())
            && is(text("LoadBalancerBusinessStatus"), "Normal")
            && is(text("LoadBalancerType"), TYPE)
            && is(text("Ipv6AddressType"), AddressType::Intranet.word())
            && is(text("AddressType"), &one.address_type.text)
            && is(text("AddressIpVersion"), &one.ip_version.text)
            && is(text("DNSName"), &dns_name(&call.view, one))
            && text("ZoneId").is_none_or(|zone| one.zones.contains_key(&ZoneId::new(zone)))
    })
}

fn dns_name(view: &View, one: &LoadBalancer) -> String {
    names::load_balancer_domain(&view.state.settings().region, &one.id)
}

fn show(view: &View, one: &LoadBalancer) -> Map<String, Value> {
    let unserved = view.status().unserved_zones(one);
    let zone = |(id, zone)| show_zone(view, id, zone, !unserved.contains(id));
    let zones: Vec<Value> = one.zones.iter().map(zone).collect();
    let answer = json!({
        "LoadBalancerId": one.id.as_str(),
        "LoadBalancerName": one.meta.name.as_str(),
        "LoadBalancerStatus": view.status().load_balancer(one).status.word(),
        "LoadBalancerBusinessStatus": "Normal",
        "LoadBalancerType": TYPE,
        "LoadBalancerBillingConfig": { "PayType": "PostPay" },
        "AddressType": one.address_type.text,
        "AddressIpVersion": one.ip_version.text,
        "Ipv6AddressType": AddressType::Intranet.word(),
        "BandwidthPackageId": "",
        "CreateTime": time::format(one.meta.created),
        "CrossZoneEnabled": one.cross_zone,
        "DNSName": dns_name(view, one),
        "DeletionProtectionConfig": protection::show_deletion(&one.deletion_protection),
        "ModificationProtectionConfig": protection::show_modification(&one.modification_protection),
        "OperationLocks": [],
        "RegionId": view.state.settings().region,
        "ResourceGroupId": list::resource_group(&one.meta),
        "SecurityGroupIds": one.security_groups.iter().map(SecurityGroupId::as_str).collect::<Vec<_>>(),
        "VpcId": one.vpc.as_str(),
        "ZoneMappings": zones,
    });
    if let Value::Object(members) = answer { members } else { Map::new() }
}

fn show_zone(view: &View, id: &ZoneId, zone: &ZoneMapping, serves: bool) -> Value {
    let eni = view.state.get::<Eni>(&zone.eni);
    let address = eni.map(|eni| eni.address.to_string());
    let ipv6 = eni.and_then(|eni| zone.zonal_ipv6(eni));
    let health = if serves { "Healthy" } else { "Unhealthy" };
    json!({
        "ZoneId": id.as_str(),
        "VSwitchId": zone.vswitch.as_str(),
        "Status": if zone.shifted { "Shifted" } else { "Active" },
        "LoadBalancerAddresses": [{
            "AllocationId": "",
            "EniId": zone.eni.as_str(),
            "Ipv4LocalAddresses": zone.local.keys().collect::<Vec<_>>(),
            "Ipv6Address": ipv6.map(|it| it.to_string()).unwrap_or_default(),
            "Ipv6LocalAddresses": zone.local_ipv6,
            "PrivateIPv4Address": address.unwrap_or_default(),
            "PrivateIPv4HcStatus": health,
            "PrivateIPv6HcStatus": if ipv6.is_some() { health } else { "" },
            "PublicIPv4Address": "",
        }],
    })
}
