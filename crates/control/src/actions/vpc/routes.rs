//! Entries of route tables.

use ipnet::{IpNet, Ipv4Net};
use model::command::route::{CreateRouteEntry, RouteCommand, RouteSelector};
use model::command::{Command, Output};
use model::refusal::{Refusal, VpcRefusal};
use model::route::{NextHop, RouteEntry, RouteTable, SERVICES};
use serde_json::{Value, json};

use super::route_tables::made_by;
use crate::actions::list::is;
use crate::actions::older::wanted;
use crate::actions::{Action, Call, View, Write, call, no_effect, refusal, works};
use crate::rpc::page::after;
use crate::rpc::{ApiError, Params, Product, time};

/// Actions about entries.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateRouteEntry",
        &[
            works("Description"),
            works("DestinationCidrBlock"),
            works("NextHopId"),
            works("NextHopList"),
            works("NextHopType"),
            works("RouteEntryName"),
            works("RouteTableId"),
        ],
        create,
    ),
    Action::write(
        Product::Vpc,
        "DeleteRouteEntry",
        &[
            works("DestinationCidrBlock"),
            works("NextHopId"),
            works("NextHopList"),
            works("RouteEntryId"),
            works("RouteTableId"),
        ],
        delete,
    ),
    Action::read(
        Product::Vpc,
        "DescribeRouteEntryList",
        &[
            works("DestCidrBlockList"),
            works("DestinationCidrBlock"),
            works("IpVersion"),
            works("MaxResult"),
            works("NextHopId"),
            works("NextHopType"),
            works("NextToken"),
            works("RouteEntryId"),
            works("RouteEntryName"),
            works("RouteEntryType"),
            works("RouteTableId"),
            no_effect("ServiceType", "no service adds routes"),
        ],
        describe,
    ),
];

/// The parameters of the next hop: its own, or those of the only item of a list.
fn next_hop_of(params: &Params) -> Result<Params, ApiError> {
    let mut listed = params.list("NextHopList")?;
    if listed.is_empty() {
        return Ok(params.clone());
    }
    if params.has("NextHopId") {
        let message = "Give NextHopId or NextHopList, not both.";
        return Err(ApiError::new(400, "InvalidNexthopTypeAndList.BothNotNull", message));
    }
    match listed.pop() {
        Some(only) if listed.is_empty() => Ok(only),
        Some(_) | None => {
            let message = "This version sends packets to one next hop: give one.";
            Err(ApiError::new(400, "InvalidNexthopListSize", message))
        }
    }
}

fn next_hop(params: &Params) -> Result<NextHop, ApiError> {
    let params = next_hop_of(params)?;
    let Some(id) = params.text("NextHopId") else {
        let message = "Give NextHopId and NextHopType, or NextHopList.";
        return Err(ApiError::new(400, "InvalidNexthopTypeAndList.BothNull", message));
    };
    let unknown = || {
        let message = "The next hop does not exist: give the id of an instance or a network interface.";
        ApiError::new(404, "InvalidNextHopId.NotFound", message)
    };
    match params.text("NextHopType").unwrap_or("Instance").to_ascii_lowercase().as_str() {
        "instance" => Ok(NextHop::Instance(id.parse().map_err(|_| unknown())?)),
        "networkinterface" => Ok(NextHop::Eni(id.parse().map_err(|_| unknown())?)),
        _ => {
            let message = "A route of this version leads to an Instance or a NetworkInterface.";
            Err(ApiError::new(400, "InvalidNextHopType", message))
        }
    }
}

fn destination(params: &Params) -> Result<Ipv4Net, ApiError> {
    let text = params.required("DestinationCidrBlock")?;
    if text.contains(':') {
        let message = "A route of this version has an IPv4 destination.";
        return Err(ApiError::new(400, "OperationFailed.NotSupportIPV6", message));
    }
    let malformed = |_| {
        let message = "DestinationCidrBlock is not a range such as 192.168.0.0/16.";
        ApiError::new(400, "InvalidCidrBlock.Malformed", message)
    };
    text.parse().map_err(malformed)
}

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = CreateRouteEntry {
        table: call::required_id(params, "RouteTableId")?,
        destination: destination(params)?,
        next_hop: next_hop(params)?,
        name: call::name(params, "RouteEntryName")?.unwrap_or_default(),
        description: call::description(params, "Description")?.unwrap_or_default(),
    };
    let answer = |_: &View, output: &Output| match output {
        Output::RouteEntry(id) => json!({ "RouteEntryId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Route(RouteCommand::CreateEntry(command)), answer })
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let by_place = params.has("RouteTableId") && params.has("DestinationCidrBlock");
    let selector = match params.text("RouteEntryId") {
        Some(_) if params.has("DestinationCidrBlock") => {
            let message = "Give RouteEntryId, or RouteTableId and DestinationCidrBlock, not both.";
            let code = "ParamExclusive.RouteEntryIdAndRouteTableIdOrDestCidrBlock";
            return Err(ApiError::new(400, code, message));
        }
        Some(id) => {
            let unknown = |_| refusal::error(Product::Vpc, &Refusal::Vpc(VpcRefusal::RouteNotFound));
            RouteSelector::Id(id.parse().map_err(unknown)?)
        }
        None if by_place => {
            let next_hop = next_hop_of(params)?.text("NextHopId").map(str::to_owned);
            let table = call::required_id(params, "RouteTableId")?;
            RouteSelector::Destination(table, destination(params)?, next_hop)
        }
        None => return Err(params.missing("RouteEntryId")),
    };
    Ok(Write::silent(Command::Route(RouteCommand::DeleteEntry(selector))))
}

/// The entries of a table: the system's, then users'.
pub(super) fn entries(view: &View, table: &RouteTable) -> Vec<Value> {
    let local = view.state.vswitches_of(&table.vpc).map(|vswitch| {
        let available = view.status().network(&vswitch.meta).to_string();
        system_entry(table, vswitch.id.as_str(), vswitch.cidr.net().into(), "local", &available)
    });
    let ipv6 = view.state.vswitches_of(&table.vpc).filter_map(|vswitch| {
        let available = view.status().network(&vswitch.meta).to_string();
        let about = format!("{}6", vswitch.id);
        Some(system_entry(table, &about, vswitch.ipv6?.range().into(), "local", &available))
    });
    let services = system_entry(table, table.id.as_str(), SERVICES.into(), "service", "Available");
    let custom = table.entries.iter().map(|(range, entry)| custom_entry(view, table, range, entry));
    local.chain(ipv6).chain([services]).chain(custom).collect()
}

/// An entry that is not stored: its id comes from what it is about.
fn system_entry(table: &RouteTable, about: &str, range: IpNet, kind: &str, status: &str) -> Value {
    let tail = about.split_once('-').map_or(about, |(_, tail)| tail);
    json!({
        "RouteEntryId": format!("rte-{tail}"),
        "RouteEntryName": "",
        "Description": "",
        "RouteTableId": table.id,
        "DestinationCidrBlock": range,
        "IpVersion": if range.addr().is_ipv6() { "ipv6" } else { "ipv4" },
        "Type": made_by(true),
        "Status": status,
        "InstanceId": "",
        "NextHopType": kind,
        "NextHops": { "NextHop": [{ "NextHopId": "", "NextHopType": kind, "Enabled": 1, "Weight": 0 }] },
        "Origin": "",
        "ServiceType": "",
        "GmtModified": time::format(table.meta.created),
    })
}

fn custom_entry(view: &View, table: &RouteTable, range: &Ipv4Net, entry: &RouteEntry) -> Value {
    let (id, kind) = (entry.next_hop.id(), entry.next_hop.kind());
    let status = if view.status().is_true(entry.born) { "Available" } else { "Pending" };
    json!({
        "RouteEntryId": entry.id,
        "RouteEntryName": entry.name,
        "Description": entry.description,
        "RouteTableId": table.id,
        "DestinationCidrBlock": range,
        "IpVersion": "ipv4",
        "Type": made_by(false),
        "Status": status,
        "InstanceId": id,
        "NextHopType": kind,
        "NextHops": { "NextHop": [{ "NextHopId": id, "NextHopType": kind, "Enabled": 1, "Weight": 0 }] },
        "Origin": "",
        "ServiceType": "",
        "GmtModified": time::format(entry.created),
    })
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let table = call.owned::<RouteTable>("RouteTableId")?;
    let ranges = params.texts("DestCidrBlockList")?;
    params.choice("IpVersion", &[("ipv4", ()), ("ipv6", ())])?;
    params.choice("RouteEntryType", &["Custom", "System", "BGP", "CEN", "ECR"].map(|word| (word, ())))?;
    let named = [
        ("DestinationCidrBlock", "DestinationCidrBlock"),
        ("IpVersion", "IpVersion"),
        ("NextHopId", "InstanceId"),
        ("NextHopType", "NextHopType"),
        ("RouteEntryId", "RouteEntryId"),
        ("RouteEntryName", "RouteEntryName"),
        ("RouteEntryType", "Type"),
    ];
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let asked = |entry: &Value| {
        let range = text(entry, "DestinationCidrBlock");
        (ranges.is_empty() || ranges.iter().any(|asked| is(Some(asked), &range)))
            && named.iter().all(|(name, field)| wanted(params, name, &text(entry, field)))
    };
    let found: Vec<Value> = entries(&call.view, table).into_iter().filter(asked).collect();
    let size = params.number("MaxResult", 1..=500)?.unwrap_or(100);
    let page = after(params, size, found, |entry| text(entry, "RouteEntryId"))?;
    Ok(json!({
        "RouteEntrys": { "RouteEntry": page.items },
        "TotalCount": page.total,
        "NextToken": page.next,
    }))
}
