//! Zones and what they are bound to.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::command::private_zone::{CreatePrivateZone, PrivateZoneCommand as C};
use model::command::{Command, Output};
use model::id::{PrivateZoneId, VpcId};
use model::private_zone::{DnsName, PrivateZone, ProxyPattern};
use serde_json::{Value, json};

use super::{CLIENT, LANG, shape};
use crate::actions::call::{id, labels, required_id};
use crate::actions::list::{self, is};
use crate::actions::{Action, Call, View, Write, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product};

const ONE_TYPE: &str = "every zone is of the type AUTH_ZONE";
const NO_TAGS: &str = "private zones have no tags here.";

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Pvtz,
        "AddZone",
        &[
            works("ZoneName"),
            works("ProxyPattern"),
            works("ResourceGroupId"),
            no_effect("DnsGroup", "there is one group of resolvers"),
            refused("ZoneTag", "no product of the cloud keeps zones here."),
            no_effect("ZoneType", ONE_TYPE),
            LANG,
        ],
        add,
    ),
    Action::write(Product::Pvtz, "DeleteZone", &[works("ZoneId"), LANG, CLIENT], |call| {
        change(call, C::Delete)
    }),
    Action::write(
        Product::Pvtz,
        "SetProxyPattern",
        &[works("ZoneId"), works("ProxyPattern"), LANG, CLIENT],
        |call| {
            let pattern = proxy(&call.params)?.ok_or_else(|| call.params.missing("ProxyPattern"))?;
            change(call, |id| C::SetProxy(id, pattern))
        },
    ),
    Action::write(
        Product::Pvtz,
        "UpdateZoneRemark",
        &[works("ZoneId"), works("Remark"), LANG, CLIENT],
        |call| {
            let remark = shape::remark(&call.params)?.unwrap_or_default();
            change(call, |id| C::Remark(id, remark))
        },
    ),
    Action::write(Product::Pvtz, "BindZoneVpc", &[works("ZoneId"), works("Vpcs"), LANG, CLIENT], bind),
    Action::read(Product::Pvtz, "CheckZoneName", &[works("ZoneName"), LANG, CLIENT], |call| {
        let usable = call.params.required("ZoneName")?.parse::<DnsName>().is_ok();
        Ok(json!({ "Check": usable, "Success": true }))
    }),
    Action::read(
        Product::Pvtz,
        "DescribeRegions",
        &[
            no_effect("AuthorizedUserId", "there is one region for everybody"),
            no_effect("Scene", "there is one region"),
            no_effect("VpcType", "there is one kind of VPC"),
            LANG,
            CLIENT,
        ],
        regions,
    ),
    Action::read(Product::Pvtz, "DescribeZoneInfo", &[works("ZoneId"), LANG], |call| {
        Ok(shape::info(call, call.owned::<PrivateZone>("ZoneId")?))
    }),
    Action::read(Product::Pvtz, "DescribeZoneVpcTree", &[LANG, CLIENT], |call| {
        let zones: Vec<_> = call.all_owned::<PrivateZone>().map(|zone| shape::tree(call, zone)).collect();
        Ok(json!({ "Zones": { "Zone": zones } }))
    }),
    Action::read(
        Product::Pvtz,
        "DescribeZones",
        &[
            works("Keyword"),
            works("SearchMode"),
            works("QueryVpcId"),
            works("QueryRegionId"),
            works("ResourceGroupId"),
            works("ZoneType"),
            works("PageNumber"),
            works("PageSize"),
            refused("ResourceTag", NO_TAGS),
            refused("ZoneTag", "no product of the cloud keeps zones here."),
            LANG,
        ],
        zones,
    ),
];

fn proxy(params: &Params) -> Result<Option<ProxyPattern>, ApiError> {
    params.word("ProxyPattern")
}

fn add(call: &Call) -> Result<Write, ApiError> {
    let domain = call.params.parse("ZoneName")?.ok_or_else(|| call.params.missing("ZoneName"))?;
    let proxy = proxy(&call.params)?.unwrap_or_default();
    let command = CreatePrivateZone { labels: labels(&call.params, None, None)?, domain, proxy };
    Ok(Write { command: Command::PrivateZone(C::Create(command)), answer: added })
}

fn added(view: &View, output: &Output) -> Value {
    let Output::PrivateZone(id) = output else { return Value::Null };
    let domain = view.state.get::<PrivateZone>(id).map(|zone| zone.domain.to_string());
    json!({ "ZoneId": id.as_str(), "ZoneName": domain, "Success": true })
}

/// A change of the zone in `ZoneId`, which is answered with its id.
fn change(call: &Call, command: impl FnOnce(PrivateZoneId) -> C) -> Result<Write, ApiError> {
    let id = required_id::<PrivateZoneId>(&call.params, "ZoneId")?;
    Ok(Write { command: Command::PrivateZone(command(id)), answer: changed })
}

fn changed(_: &View, output: &Output) -> Value {
    let Output::PrivateZone(id) = output else { return Value::Null };
    json!({ "ZoneId": id.as_str() })
}

/// The VPCs take the place of those that the zone was bound to.
fn bind(call: &Call) -> Result<Write, ApiError> {
    let here = call.region();
    let vpc = |vpc: &Params| {
        if vpc.text("RegionId").is_some_and(|region| region != here) {
            return Err(vpc.illegal("RegionId", format_args!("there is one region, {here}.")));
        }
        if !is(vpc.text("VpcType"), "STANDARD") {
            return Err(vpc.illegal("VpcType", "there are VPCs of the type STANDARD alone."));
        }
        required_id::<VpcId>(vpc, "VpcId")
    };
    let vpcs = call.params.list("Vpcs")?.iter().map(vpc).collect::<Result<BTreeSet<_>, _>>()?;
    let id = required_id(&call.params, "ZoneId")?;
    Ok(Write::silent(Command::PrivateZone(C::Bind(id, vpcs))))
}

fn regions(call: &Call) -> Result<Value, ApiError> {
    let region = json!({
        "RegionId": call.region(),
        "RegionName": call.region(),
        "LocalName": call.region(),
        "RegionEndpoint": call.host,
    });
    Ok(json!({ "Regions": { "Region": [region] } }))
}

fn zones(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let (matches, vpc) = (shape::Search::of(params)?, id::<VpcId>(params, "QueryVpcId")?);
    let nowhere = params.text("QueryRegionId").is_some_and(|region| region != call.region());
    let wanted = |zone: &&Arc<PrivateZone>| {
        !nowhere
            && matches.takes(zone.domain.as_str())
            && vpc.as_ref().is_none_or(|vpc| zone.vpcs.contains(vpc))
            && is(params.text("ResourceGroupId"), list::resource_group(&zone.meta))
            && is(params.text("ZoneType"), shape::ZONE_TYPE)
    };
    let zones = call.all_owned::<PrivateZone>().filter(wanted).collect();
    shape::page(params, ("Zones", "Zone"), zones, |zone| shape::zone(zone))
}
