//! Address ranges of a VPC besides its first one.

use model::command::vpc::{CidrOfVpc, VpcCommand};
use model::command::{Command, Output};
use model::vpc::VpcCidr;
use serde_json::{Value, json};

use super::{NO_IPAM, NO_IPV6};
use crate::actions::{Action, Call, View, Write, call, refused, works};
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
            refused("SecondaryCidrMask", NO_IPAM),
            refused("IpamPoolId", NO_IPAM),
            refused("IPv6CidrBlock", NO_IPV6),
            refused("Ipv6CidrMask", NO_IPV6),
            refused("Ipv6Isp", NO_IPV6),
        ],
        associate,
    ),
    Action::write(
        Product::Vpc,
        "UnassociateVpcCidrBlock",
        &[works("VpcId"), works("SecondaryCidrBlock"), refused("IPv6CidrBlock", NO_IPV6)],
        unassociate,
    ),
];

fn associate(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    if params.text("IpVersion").is_some_and(|version| !version.eq_ignore_ascii_case("IPV4")) {
        return Err(illegal("IpVersion", NO_IPV6));
    }
    let answer = |_: &View, output: &Output| match output {
        Output::Cidr(cidr) => json!({ "CidrBlock": cidr.net(), "IpVersion": "IPV4" }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Vpc(VpcCommand::AssociateCidr(named(params)?)), answer })
}

fn unassociate(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::Vpc(VpcCommand::UnassociateCidr(named(&call.params)?))))
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
