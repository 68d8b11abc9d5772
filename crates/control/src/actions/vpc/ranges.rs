//! Address ranges of a VPC besides its first one.

use model::command::vpc::{CidrOfVpc, Ipv6OfVpc, VpcCommand};
use model::command::{Command, Output};
use model::vpc::VpcCidr;
use serde_json::{Value, json};

use super::{IPAM, IPV6_GIVEN, ISP, NO_IPAM};
use crate::actions::{Action, Call, View, Write, call, refused, refused_as, works};
use crate::rpc::{ApiError, Params, Product};

/// Actions about secondary ranges.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Vpc,
        "AssociateVpcCidrBlock",
        &[
            works("VpcId"),
            works("SecondaryCidrBlock"),
            works("IpVersion"),
            refused_as("SecondaryCidrMask", "IllegalParam.SecondaryCidrMask", NO_IPAM),
            refused_as("IpamPoolId", IPAM, NO_IPAM),
            refused("IPv6CidrBlock", IPV6_GIVEN),
            refused("Ipv6CidrMask", IPV6_GIVEN),
            refused_as("Ipv6Isp", ISP, IPV6_GIVEN),
        ],
        associate,
    ),
    Action::write(
        Product::Vpc,
        "UnassociateVpcCidrBlock",
        &[works("VpcId"), works("SecondaryCidrBlock"), works("IPv6CidrBlock")],
        unassociate,
    ),
];

fn associate(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let version = params.text("IpVersion").unwrap_or("IPV4");
    let command = if version.eq_ignore_ascii_case("IPV4") {
        VpcCommand::AssociateCidr(named(params)?)
    } else if !version.eq_ignore_ascii_case("IPV6") {
        return Err(illegal("IpVersion", "give IPV4 or IPV6."));
    } else if params.has("SecondaryCidrBlock") {
        return Err(both());
    } else {
        VpcCommand::AssociateIpv6(call::required_id(params, "VpcId")?)
    };
    let answer = |_: &View, output: &Output| match output {
        Output::Cidr(cidr) => json!({ "CidrBlock": cidr.net(), "IpVersion": "IPV4" }),
        Output::Ipv6Cidr(range) => json!({ "CidrBlock": range, "IpVersion": "IPV6" }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Vpc(command), answer })
}

fn unassociate(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let Some(text) = params.text("IPv6CidrBlock") else {
        return Ok(Write::silent(Command::Vpc(VpcCommand::UnassociateCidr(named(params)?))));
    };
    if params.has("SecondaryCidrBlock") {
        return Err(both());
    }
    let vpc = call::required_id(params, "VpcId")?;
    let range = text.parse().map_err(|_| illegal("IPv6CidrBlock", "give the VPC's IPv6 range."))?;
    Ok(Write::silent(Command::Vpc(VpcCommand::UnassociateIpv6(Ipv6OfVpc { vpc, range }))))
}

fn both() -> ApiError {
    let message = "A range is IPv4 or IPv6: give one of them.";
    ApiError::new(400, "ParamExclusive.SecondaryCidrAndIpv6Cidr", message)
}

fn named(params: &Params) -> Result<CidrOfVpc, ApiError> {
    let vpc = call::required_id(params, "VpcId")?;
    let Some(text) = params.text("SecondaryCidrBlock") else {
        let message = "The parameter SecondaryCidrBlock is required.";
        return Err(ApiError::new(400, "MissingParam.SecondaryCidrOrIpv6Cidr", message));
    };
    let net = text.parse().map_err(|_| illegal("SecondaryCidrBlock", "give a range such as 10.1.0.0/16."))?;
    let cidr = VpcCidr::new(net);
    let cidr = cidr.map_err(|error| illegal("SecondaryCidrBlock", &format!("{error}.")))?;
    Ok(CidrOfVpc { vpc, cidr })
}

fn illegal(parameter: &str, why: &str) -> ApiError {
    let message = format!("The parameter {parameter} is not valid: {why}");
    ApiError::new(400, format!("IllegalParam.{parameter}"), message)
}
