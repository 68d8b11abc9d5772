//! VPCs.

use std::sync::Arc;

use model::command::vpc::{CreateVpc, ModifyVpc, VpcCommand};
use model::command::{Command, Output};
use model::meta::Relabel;
use model::tables::{Key, Kind};
use model::vpc::{Vpc, VpcCidr};
use serde_json::{Value, json};

use super::{IPAM, IPV6_GIVEN, ISP, NO_IPAM};
use crate::actions::list::resource_group;
use crate::actions::older::{self, never, page, vpc_tags};
use crate::actions::{Action, Call, View, Write, call, no_effect, refused, refused_as, works};
use crate::rpc::{ApiError, Params, Product, time};

const NO_USER_CIDR: &str = "this version routes private addresses alone.";
const ONE_RANGE: &str = "the range of a VPC cannot change: make another VPC.";

/// Actions about VPCs.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "CreateVpc",
        &[
            works("CidrBlock"),
            works("Description"),
            works("EnableDnsHostname"),
            works("EnableIpv6"),
            works("ResourceGroupId"),
            works("Tag"),
            works("VpcName"),
            refused_as("Ipv4CidrMask", "IllegalParam.Ipv4CidrMask", NO_IPAM),
            refused_as("Ipv4IpamPoolId", IPAM, NO_IPAM),
            refused_as("Ipv6CidrBlock", "IllegalParam.Ipv6CidrBlock", IPV6_GIVEN),
            refused("Ipv6CidrMask", IPV6_GIVEN),
            refused_as("Ipv6IpamPoolId", IPAM, NO_IPAM),
            refused_as("Ipv6Isp", ISP, IPV6_GIVEN),
            refused_as("UserCidr", "IllegalParam.UserCidr", NO_USER_CIDR),
        ],
        create,
    ),
    Action::write(
        Product::Vpc,
        "DeleteVpc",
        &[works("VpcId"), no_effect("ForceDelete", "a VPC is deleted when it is empty")],
        delete,
    ),
    Action::write(
        Product::Vpc,
        "ModifyVpcAttribute",
        &[
            works("Description"),
            works("EnableDnsHostname"),
            works("EnableIPv6"),
            works("VpcId"),
            works("VpcName"),
            refused_as("CidrBlock", "IllegalCidrBlock", ONE_RANGE),
            refused_as("Ipv6CidrBlock", "IllegalParam.Ipv6Cidr", IPV6_GIVEN),
            refused_as("Ipv6Isp", ISP, IPV6_GIVEN),
        ],
        modify,
    ),
    Action::read(
        Product::Vpc,
        "DescribeVpcs",
        &[
            works("IsDefault"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("Tag"),
            works("VpcId"),
            works("VpcName"),
            works("EnableIpv6"),
            no_effect("VpcOwnerId", "an account sees its own VPCs"),
            no_effect("DhcpOptionsSetId", "no VPC has DHCP options"),
        ],
        describe,
    ),
    Action::read(
        Product::Vpc,
        "DescribeVpcAttribute",
        &[works("VpcId"), no_effect("IsDefault", "the VPC is named by its id")],
        attribute,
    ),
];

const NO_HOSTNAMES: &str = "this version gives instances no names in DNS.";

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    never(params, "EnableDnsHostname", NO_HOSTNAMES)?;
    let labels = call::labels(params, Some("VpcName"), Some("Description"))?;
    let cidr = range(params)?;
    let ipv6 = params.flag("EnableIpv6")?.unwrap_or(false);
    Ok(made(CreateVpc { labels, cidr, ipv6, is_default: false }))
}

/// A new VPC.
pub(super) fn made(vpc: CreateVpc) -> Write {
    let answer = |view: &View, output: &Output| match output {
        Output::Vpc { id, router, route_table } => {
            let group = view.state.get::<Vpc>(id).map(|vpc| resource_group(&vpc.meta));
            json!({ "VpcId": id, "VRouterId": router, "RouteTableId": route_table, "ResourceGroupId": group })
        }
        _ => Value::Null,
    };
    Write { command: Command::Vpc(VpcCommand::CreateVpc(vpc)), answer }
}

fn range(params: &Params) -> Result<VpcCidr, ApiError> {
    let net = params.parse("CidrBlock")?;
    let cidr = net.map(VpcCidr::new).transpose();
    cidr.map(Option::unwrap_or_default).map_err(|error| params.illegal("CidrBlock", format_args!("{error}.")))
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::Vpc(VpcCommand::DeleteVpc(call::required_id(&call.params, "VpcId")?))))
}

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    never(params, "EnableDnsHostname", NO_HOSTNAMES)?;
    let relabel = Relabel {
        name: call::name(params, "VpcName")?,
        description: call::description(params, "Description")?,
    };
    Ok(Write::silent(Command::Vpc(VpcCommand::ModifyVpc(ModifyVpc {
        vpc: call::required_id(params, "VpcId")?,
        relabel,
        ipv6: params.flag("EnableIPv6")?,
    }))))
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "VpcId", "VpcName")?;
    if !filter.few_ids() {
        let message = older::too_many_ids("VpcId");
        return Err(ApiError::new(400, "InvalidVpcIdNumber.NotSupported", message));
    }
    let (is_default, ipv6) = (params.flag("IsDefault")?, params.flag("EnableIpv6")?);
    let asked = |vpc: &&Arc<Vpc>| {
        ipv6.is_none_or(|it| it == vpc.ipv6)
            && is_default.is_none_or(|it| it == vpc.is_default)
            && filter.takes(vpc.id.as_str(), &vpc.meta)
    };
    let vpcs: Vec<Arc<Vpc>> = call.all_owned::<Vpc>().filter(asked).cloned().collect();
    page(params, ("Vpcs", "Vpc"), 50, vpcs, |vpc| vpc.id.to_string(), |vpc| listed(&call.view, vpc))
}

fn attribute(call: &Call) -> Result<Value, ApiError> {
    let vpc = call.owned::<Vpc>("VpcId")?;
    let mut body = common(&call.view, vpc);
    body["AssociatedCens"] = json!({ "AssociatedCen": [] });
    body["AssociatedPropagationSources"] = json!({ "AssociatedPropagationSources": [] });
    body["ClassicLinkEnabled"] = json!(false);
    body["Ipv4GatewayId"] = json!("");
    body["SupportIpv4Gateway"] = json!(false);
    body["CloudResources"] = json!({ "CloudResourceSetType": contents(&call.view, vpc) });
    Ok(body)
}

fn listed(view: &View, vpc: &Vpc) -> Value {
    let mut body = common(view, vpc);
    body["CenStatus"] = json!("Detached");
    body["NatGatewayIds"] = json!({ "NatGatewayIds": [] });
    let tables: Vec<_> = view.state.route_tables_of(&vpc.id).map(|table| &table.id).collect();
    body["RouterTableIds"] = json!({ "RouterTableIds": tables });
    body
}

/// What is in a VPC, counted.
fn contents(view: &View, vpc: &Vpc) -> Vec<Value> {
    let key = Key::Vpc(vpc.id.clone());
    let kinds = [
        ("VSwitch", view.state.count_users(&key, Kind::VSwitch)),
        ("SecurityGroup", view.state.count_users(&key, Kind::SecurityGroup)),
        ("RouteTable", view.state.count_users(&key, Kind::RouteTable)),
        ("VRouter", 1),
    ];
    kinds.map(|(kind, count)| json!({ "ResourceType": kind, "ResourceCount": count })).into()
}

fn common(view: &View, vpc: &Vpc) -> Value {
    let vswitches: Vec<_> = view.state.vswitches_of(&vpc.id).map(|vswitch| &vswitch.id).collect();
    let secondary: Vec<_> = vpc.secondary.iter().map(|cidr| cidr.net()).collect();
    let ipv6 = vpc.ipv6_range().map(|range| range.to_string());
    let ipv6_ranges: Vec<_> =
        ipv6.iter().map(|range| json!({ "Ipv6CidrBlock": range, "Ipv6Isp": "" })).collect();
    json!({
        "VpcId": vpc.id,
        "VpcName": vpc.meta.name,
        "Description": vpc.meta.description,
        "Status": view.status().network(&vpc.meta).to_string(),
        "CidrBlock": vpc.cidr.net(),
        "SecondaryCidrBlocks": { "SecondaryCidrBlock": secondary },
        "UserCidrs": { "UserCidr": [] },
        "EnabledIpv6": vpc.ipv6,
        "Ipv6CidrBlock": ipv6.unwrap_or_default(),
        "Ipv6CidrBlocks": { "Ipv6CidrBlock": ipv6_ranges },
        "DnsHostnameStatus": "DISABLED",
        "DhcpOptionsSetId": "",
        "DhcpOptionsSetStatus": "",
        "IsDefault": vpc.is_default,
        "VRouterId": vpc.router,
        "VSwitchIds": { "VSwitchId": vswitches },
        "RegionId": view.state.settings().region,
        "OwnerId": vpc.meta.owner,
        "ResourceGroupId": resource_group(&vpc.meta),
        "Tags": vpc_tags(&vpc.meta),
        "CreationTime": time::format(vpc.meta.created),
    })
}
