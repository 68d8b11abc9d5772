//! Makes the state large, through the API, and measures what a write costs on the way.

use anyhow::Result;
use control::rpc::Product;

use super::load::all;
use super::made;
use crate::bench::figure::Figure;
use crate::bench::targets::Bound;
use crate::client::Client;
use crate::walkthrough::{Road, ZONES};

/// VPCs of consumers, and endpoints in each: as many as a VPC may have.
const VPCS: usize = 10;
const ENDPOINTS_A_VPC: usize = 1000;
/// Security groups, and rules in each: as many as a group may have.
const GROUPS: usize = 480;
const RULES_A_GROUP: usize = 200;
/// Rules of one call.
const RULES_A_CALL: usize = 100;

/// 10,000 endpoints that are accepted as they come. Gives the rates of the first and of the last thousand.
pub(super) fn endpoints(client: &Client, road: &Road) -> Result<Vec<Figure>> {
    let accept = [("ServiceId", road.service.as_str()), ("AutoAcceptEnabled", "true")];
    made(client, Product::Privatelink, "UpdateVpcEndpointServiceAttribute", "RequestId", &accept)?;
    let mut rates = Vec::with_capacity(VPCS);
    for number in 0..VPCS {
        let vpc = Consumer::make(client, number)?;
        let took = all(ENDPOINTS_A_VPC, |_| vpc.endpoint(client, road))?;
        rates.push(ENDPOINTS_A_VPC as f64 / took.as_secs_f64());
    }
    let (first, last) = (rates.first().copied().unwrap_or(0.0), rates.last().copied().unwrap_or(0.0));
    Ok(vec![
        Figure {
            what: "endpoints a second, the first 1,000".into(),
            bound: Bound::AtLeast(300.0),
            reached: first,
        },
        Figure {
            what: "endpoints a second, the last of 10,000".into(),
            bound: Bound::AtLeast(300.0),
            reached: last,
        },
        Figure {
            what: "the last 1,000 against the first".into(),
            bound: Bound::AtLeast(0.8),
            reached: last / first,
        },
    ])
}

struct Consumer {
    vpc: String,
    vswitch: String,
    group: String,
}

impl Consumer {
    fn make(client: &Client, number: usize) -> Result<Self> {
        let name = format!("consumer-{number}");
        let vpc = [("CidrBlock", "10.0.0.0/16"), ("VpcName", &name)];
        let vpc = made(client, Product::Vpc, "CreateVpc", "VpcId", &vpc)?;
        let vswitch = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.0.0/18"), ("ZoneId", ZONES[0])];
        let vswitch = made(client, Product::Vpc, "CreateVSwitch", "VSwitchId", &vswitch)?;
        let group = [("VpcId", vpc.as_str())];
        let group = made(client, Product::Ecs, "CreateSecurityGroup", "SecurityGroupId", &group)?;
        Ok(Self { vpc, vswitch, group })
    }

    fn endpoint(&self, client: &Client, road: &Road) -> Result<()> {
        let parameters = [
            ("ServiceId", road.service.as_str()),
            ("VpcId", &self.vpc),
            ("SecurityGroupId.1", &self.group),
            ("Zone.1.ZoneId", ZONES[0]),
            ("Zone.1.VSwitchId", &self.vswitch),
        ];
        made(client, Product::Privatelink, "CreateVpcEndpoint", "EndpointId", &parameters).map(drop)
    }
}

/// 96,000 rules.
pub(super) fn rules(client: &Client, road: &Road) -> Result<()> {
    all(GROUPS, |_| {
        let group = [("VpcId", road.consumer.id.as_str())];
        let group = made(client, Product::Ecs, "CreateSecurityGroup", "SecurityGroupId", &group)?;
        (0..RULES_A_GROUP / RULES_A_CALL).try_for_each(|call| some_rules(client, &group, call))
    })
    .map(drop)
}

fn some_rules(client: &Client, group: &str, call: usize) -> Result<()> {
    let mut parameters = vec![("SecurityGroupId".to_owned(), group.to_owned())];
    for number in 1..=RULES_A_CALL {
        let port = call * RULES_A_CALL + number;
        let field = |name: &str| format!("Permissions.{number}.{name}");
        parameters.extend([
            (field("IpProtocol"), "TCP".to_owned()),
            (field("PortRange"), format!("{port}/{port}")),
            (field("SourceCidrIp"), "10.0.0.0/16".to_owned()),
        ]);
    }
    client.call(Product::Ecs, "AuthorizeSecurityGroup", &parameters)?;
    Ok(())
}
