//! Rules of security groups, as they travel in both directions.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use model::command::security::NewRule;
use model::id::RuleId;
use model::security::{ALL_PORTS, Direction, Peer, Priority, Rule, RulePolicy, RuleProtocol, RuleSpec};
use model::words::Words;
use serde_json::{Value, json};

use crate::actions::{View, call};
use crate::rpc::{ApiError, Params, time};

/// Parts of a rule that this version cannot honour: refused, because a rule without them would say something else.
const UNSUPPORTED: [&str; 4] =
    ["SourcePrefixListId", "DestPrefixListId", "SourcePortRange", "PortRangeListId"];

/// The names of the other side's parameters.
struct Names {
    cidr: &'static str,
    ipv6: &'static str,
    group: &'static str,
    /// The code of an IPv6 range that is none.
    no_ipv6: &'static str,
    /// The code of two ranges.
    two: &'static str,
    /// The ranges on the group's own side.
    own: [&'static str; 2],
}

fn names(direction: Direction) -> Names {
    match direction {
        Direction::Ingress => Names {
            cidr: "SourceCidrIp",
            ipv6: "Ipv6SourceCidrIp",
            group: "SourceGroupId",
            no_ipv6: "InvalidParam.Ipv6SourceCidrIp",
            two: "InvalidParam.SourceIp",
            own: ["DestCidrIp", "Ipv6DestCidrIp"],
        },
        Direction::Egress => Names {
            cidr: "DestCidrIp",
            ipv6: "Ipv6DestCidrIp",
            group: "DestGroupId",
            no_ipv6: "InvalidParam.Ipv6DestCidrIp",
            two: "InvalidParam.DestIp",
            own: ["SourceCidrIp", "Ipv6SourceCidrIp"],
        },
    }
}

/// The rules of a request: those in `Permissions.N`, or the one in the parameters themselves.
pub(super) fn rules(params: &Params, direction: Direction) -> Result<Vec<NewRule>, ApiError> {
    let listed = params.list("Permissions")?;
    if listed.is_empty() {
        return Ok(vec![rule(params, direction)?]);
    }
    let rules: Vec<NewRule> =
        listed.iter().map(|params| rule(params, direction)).collect::<Result<_, _>>()?;
    let mut once = BTreeSet::new();
    match rules.iter().position(|rule| !once.insert(&rule.spec)) {
        Some(place) => {
            let why = format!("Permissions.{} says what one before it says", place + 1);
            Err(malformed("InvalidParam.DuplicatePermissions", why))
        }
        None => Ok(rules),
    }
}

/// What a rule says after a request has changed it: what is not given stays.
pub(super) fn changed(params: &Params, before: &RuleSpec) -> Result<RuleSpec, ApiError> {
    let names = names(before.direction);
    supported(params, &names)?;
    let mut spec = before.clone();
    if params.has("IpProtocol") {
        spec.protocol = protocol(params)?;
    }
    if params.has("PortRange") || spec.protocol != before.protocol {
        spec.ports = ports(params, spec.protocol)?;
    }
    if [names.cidr, names.ipv6, names.group].iter().any(|name| params.has(name)) {
        spec.peer = peer(params, &names)?;
    }
    if params.has("Policy") {
        spec.policy = policy(params)?;
    }
    if params.has("Priority") {
        spec.priority = priority(params)?;
    }
    Ok(spec)
}

fn supported(params: &Params, names: &Names) -> Result<(), ApiError> {
    match UNSUPPORTED.into_iter().chain(names.own).find(|name| params.has(name)) {
        Some(name) => Err(params.illegal(name, "this version cannot match by it: leave it out.")),
        None => Ok(()),
    }
}

fn protocol(params: &Params) -> Result<RuleProtocol, ApiError> {
    let protocol = RuleProtocol::parse(params.required("IpProtocol")?);
    protocol.map_err(|error| malformed("InvalidIpProtocol.ValueNotSupported", error))
}

/// The one rule in the parameters themselves.
pub(super) fn rule(params: &Params, direction: Direction) -> Result<NewRule, ApiError> {
    let names = names(direction);
    supported(params, &names)?;
    let protocol = protocol(params)?;
    let spec = RuleSpec {
        direction,
        protocol,
        ports: ports(params, protocol)?,
        peer: peer(params, &names)?,
        policy: policy(params)?,
        priority: priority(params)?,
    };
    Ok(NewRule { spec, description: call::description(params, "Description")?.unwrap_or_default() })
}

fn malformed(code: &'static str, why: impl Display) -> ApiError {
    ApiError::new(400, code, format!("{why}."))
}

fn ports(params: &Params, protocol: RuleProtocol) -> Result<model::net::PortRange, ApiError> {
    match (params.text("PortRange"), protocol) {
        (None, RuleProtocol::Tcp | RuleProtocol::Udp) => Err(params.missing("PortRange")),
        (None, RuleProtocol::All | RuleProtocol::Icmp | RuleProtocol::Icmpv6 | RuleProtocol::Gre) => {
            Ok(ALL_PORTS)
        }
        (Some(text), _) => {
            protocol.parse_ports(text).map_err(|error| malformed("InvalidPortRange.Malformed", error))
        }
    }
}

fn peer(params: &Params, names: &Names) -> Result<Peer, ApiError> {
    let (cidr, ipv6) = (params.text(names.cidr), params.text(names.ipv6));
    if cidr.is_some() && ipv6.is_some() {
        return Err(malformed(names.two, format!("Give {} or {}, not both", names.cidr, names.ipv6)));
    }
    match (cidr.or(ipv6), params.text(names.group)) {
        (Some(range), None) if ipv6.is_some() => ipv6_range(range).map(Peer::Ipv6Cidr).ok_or_else(|| {
            let why = format!("The parameter {} is no IPv6 address or range", params.path(names.ipv6));
            malformed(names.no_ipv6, why)
        }),
        (Some(cidr), None) => range(cidr).map(Peer::Cidr).ok_or_else(|| {
            let why = format!("The parameter {} is no IPv4 address or range", params.path(names.cidr));
            malformed("InvalidSourceCidrIp.Malformed", why)
        }),
        (None, Some(group)) => group.parse().map(Peer::Group).map_err(|_| {
            let why = format!("The security group in {} does not exist.", params.path(names.group));
            ApiError::new(404, "InvalidSourceGroupId.NotFound", why)
        }),
        (Some(_), Some(_)) => {
            let why = format!("Give {} or {}, not both", names.cidr, names.group);
            Err(malformed("InvalidParameter.Conflict", why))
        }
        (None, None) => {
            Err(malformed("MissingParameter.Source", format!("Give {} or {}", names.cidr, names.group)))
        }
    }
}

/// A range; an address alone is the range of itself.
fn range(text: &str) -> Option<Ipv4Net> {
    let address = || text.parse::<Ipv4Addr>().map(Ipv4Net::from).ok();
    text.parse::<Ipv4Net>().ok().or_else(address).map(|net| net.trunc())
}

fn ipv6_range(text: &str) -> Option<Ipv6Net> {
    let address = || text.parse::<Ipv6Addr>().map(Ipv6Net::from).ok();
    text.parse::<Ipv6Net>().ok().or_else(address).map(|net| net.trunc())
}

fn policy(params: &Params) -> Result<RulePolicy, ApiError> {
    let policy = params.text("Policy").map(RulePolicy::parse).transpose();
    let policy = policy.map_err(|error| malformed("InvalidPolicy.Malformed", error))?;
    Ok(policy.unwrap_or(RulePolicy::Accept))
}

fn priority(params: &Params) -> Result<Priority, ApiError> {
    let priority = params.text("Priority").map(Priority::parse).transpose();
    let priority = priority.map_err(|error| malformed("InvalidPriority.Malformed", error))?;
    Ok(priority.unwrap_or_default())
}

/// A rule as it is shown. Every field is there; those that do not apply are empty.
pub(super) fn shape(view: &View, id: &RuleId, rule: &Rule) -> Value {
    let spec = &rule.spec;
    let other = names(spec.direction);
    let (range, group) = match &spec.peer {
        Peer::Cidr(cidr) => (Some((other.cidr, cidr.to_string())), None),
        Peer::Ipv6Cidr(range) => (Some((other.ipv6, range.to_string())), None),
        Peer::Group(group) => (None, Some(group)),
    };
    let group_name = group.and_then(|id| view.state.get::<model::security::SecurityGroup>(id));
    let group_name = group_name.map(|group| group.meta.name.to_string()).unwrap_or_default();
    let group = group.map(ToString::to_string).unwrap_or_default();
    let mut body = json!({
        "SecurityGroupRuleId": id,
        "Direction": spec.direction.word(),
        "IpProtocol": spec.protocol.word(),
        "PortRange": spec.ports_text(),
        "Policy": spec.policy.word(),
        "Priority": spec.priority.get().to_string(),
        "NicType": "intranet",
        "Description": rule.description,
        "CreateTime": time::format(rule.created),
    });
    for name in EMPTY {
        body[name] = json!("");
    }
    if let Some((name, range)) = range {
        body[name] = json!(range);
    }
    body[other.group] = json!(group);
    body[other.group.replace("Id", "Name").as_str()] = json!(group_name);
    body
}

const EMPTY: [&str; 17] = [
    "SourceCidrIp",
    "SourceGroupId",
    "SourceGroupName",
    "SourceGroupOwnerAccount",
    "SourcePortRange",
    "SourcePrefixListId",
    "SourcePrefixListName",
    "Ipv6SourceCidrIp",
    "DestCidrIp",
    "DestGroupId",
    "DestGroupName",
    "DestGroupOwnerAccount",
    "DestPrefixListId",
    "DestPrefixListName",
    "Ipv6DestCidrIp",
    "PortRangeListId",
    "PortRangeListName",
];
