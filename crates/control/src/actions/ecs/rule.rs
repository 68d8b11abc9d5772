//! Rules of security groups, as they travel in both directions.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::command::security::NewRule;
use model::id::RuleId;
use model::prefix_list::PrefixList;
use model::security::{
    ALL_PORTS, Direction, Peer, Priority, Rule, RulePolicy, RuleProtocol, RuleSpec, SecurityGroup, ports_text,
};
use model::tables::Resource;
use model::words::Words;
use serde_json::{Value, json};

use crate::actions::{View, call};
use crate::rpc::{ApiError, Params, time};

/// Most rules in a request.
pub(super) const RULES: usize = 100;

/// The names of a rule's parameters, and the codes of what is wrong with them.
struct Names {
    /// The other side.
    peer: RangeNames,
    group: &'static str,
    list: &'static str,
    /// The group's own side.
    own: RangeNames,
    /// Parts that cannot be honoured: refused, because a rule without them would say something else.
    unsupported: [&'static str; 2],
}

/// How a range of addresses is named, in either family.
struct RangeNames {
    cidr: &'static str,
    ipv6: &'static str,
    /// The code of an IPv4 range that is none.
    no_cidr: &'static str,
    /// The code of an IPv6 range that is none.
    no_ipv6: &'static str,
    /// The code of two ranges.
    two: &'static str,
}

const SOURCE: RangeNames = RangeNames {
    cidr: "SourceCidrIp",
    ipv6: "Ipv6SourceCidrIp",
    no_cidr: "InvalidParam.SourceCidrIp",
    no_ipv6: "InvalidParam.Ipv6SourceCidrIp",
    two: "InvalidParam.SourceIp",
};

const DESTINATION: RangeNames = RangeNames {
    cidr: "DestCidrIp",
    ipv6: "Ipv6DestCidrIp",
    no_cidr: "InvalidParam.DestCidrIp",
    no_ipv6: "InvalidParam.Ipv6DestCidrIp",
    two: "InvalidParam.DestIp",
};

/// A range of the other side has a code of its own.
const MALFORMED: &str = "InvalidSourceCidrIp.Malformed";

fn names(direction: Direction) -> Names {
    match direction {
        Direction::Ingress => Names {
            peer: RangeNames { no_cidr: MALFORMED, ..SOURCE },
            group: "SourceGroupId",
            list: "SourcePrefixListId",
            own: DESTINATION,
            unsupported: ["DestPrefixListId", "PortRangeListId"],
        },
        Direction::Egress => Names {
            peer: RangeNames { no_cidr: MALFORMED, ..DESTINATION },
            group: "DestGroupId",
            list: "DestPrefixListId",
            own: SOURCE,
            unsupported: ["SourcePrefixListId", "PortRangeListId"],
        },
    }
}

/// The rules of a request: those in `Permissions.N`, or the one in the parameters themselves.
pub(super) fn rules(params: &Params, direction: Direction) -> Result<Vec<NewRule>, ApiError> {
    let listed = params.list("Permissions")?;
    if listed.is_empty() {
        return Ok(vec![rule(params, direction)?]);
    }
    if listed.len() > RULES {
        let why = format!("Permissions has {} rules; give at most {RULES} at once", listed.len());
        return Err(malformed("InvalidParam.Permissions", why));
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
    if params.has("SourcePortRange") || spec.protocol != before.protocol {
        spec.source_ports = source_ports(params, spec.protocol)?;
    }
    if [names.peer.cidr, names.peer.ipv6, names.group, names.list].iter().any(|name| params.has(name)) {
        spec.peer = peer(params, &names)?;
    }
    spec.own = range(params, &names.own)?.or(spec.own);
    if params.has("Policy") {
        spec.policy = policy(params)?;
    }
    if params.has("Priority") {
        spec.priority = priority(params)?;
    }
    Ok(spec)
}

fn supported(params: &Params, names: &Names) -> Result<(), ApiError> {
    match names.unsupported.into_iter().find(|name| params.has(name)) {
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
        source_ports: source_ports(params, protocol)?,
        peer: peer(params, &names)?,
        own: range(params, &names.own)?,
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

fn source_ports(params: &Params, protocol: RuleProtocol) -> Result<model::net::PortRange, ApiError> {
    let ports = params.text("SourcePortRange").map(|text| protocol.parse_ports(text)).transpose();
    let ports = ports.map_err(|error| malformed("InvalidSourcePortRange.Malformed", error))?;
    Ok(ports.unwrap_or(ALL_PORTS))
}

fn peer(params: &Params, names: &Names) -> Result<Peer, ApiError> {
    let (range, list) = (range(params, &names.peer)?, call::id(params, names.list)?);
    let one_of = format!("one of {}, {}, {}", names.peer.cidr, names.group, names.list);
    match (range, params.text(names.group), list) {
        (Some(range), None, None) => Ok(range.into()),
        (None, Some(group), None) => group.parse().map(Peer::Group).map_err(|_| {
            let why = format!("The security group in {} does not exist.", params.path(names.group));
            ApiError::new(404, "InvalidSourceGroupId.NotFound", why)
        }),
        (None, None, Some(list)) => Ok(Peer::PrefixList(list)),
        (None, None, None) => Err(malformed("MissingParameter.Source", format!("Give {one_of}"))),
        (_, _, _) => Err(malformed("InvalidParameter.Conflict", format!("Give only {one_of}"))),
    }
}

/// The range of one side, if one is given.
fn range(params: &Params, names: &RangeNames) -> Result<Option<IpNet>, ApiError> {
    let none = |name: &str, family: &str| {
        format!("The parameter {} is no {family} address or range", params.path(name))
    };
    match (params.text(names.cidr), params.text(names.ipv6)) {
        (None, None) => Ok(None),
        (Some(text), None) => match network::<Ipv4Net, Ipv4Addr>(text) {
            Some(range) => Ok(Some(range.trunc().into())),
            None => Err(malformed(names.no_cidr, none(names.cidr, "IPv4"))),
        },
        (None, Some(text)) => match network::<Ipv6Net, Ipv6Addr>(text) {
            Some(range) => Ok(Some(range.trunc().into())),
            None => Err(malformed(names.no_ipv6, none(names.ipv6, "IPv6"))),
        },
        (Some(_), Some(_)) => {
            let why = format!("Give {} or {}, not both", names.cidr, names.ipv6);
            Err(malformed(names.two, why))
        }
    }
}

/// A range; an address alone is the range of itself.
pub(super) fn network<N: FromStr + From<A>, A: FromStr>(text: &str) -> Option<N> {
    text.parse().ok().or_else(|| text.parse::<A>().ok().map(N::from))
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
    let names = names(spec.direction);
    let mut body = json!({
        "SecurityGroupRuleId": id,
        "Direction": spec.direction.word(),
        "IpProtocol": spec.protocol.word(),
        "PortRange": ports_text(spec.ports),
        "Policy": spec.policy.word(),
        "Priority": spec.priority.get().to_string(),
        "NicType": "intranet",
        "Description": rule.description,
        "CreateTime": time::format(rule.created),
    });
    for name in EMPTY {
        body[name] = json!("");
    }
    for (names, range) in [(names.peer, spec.peer.range()), (names.own, spec.own)] {
        match range {
            None => {}
            Some(IpNet::V4(range)) => body[names.cidr] = json!(range),
            Some(IpNet::V6(range)) => body[names.ipv6] = json!(range),
        }
    }
    if spec.source_ports != ALL_PORTS {
        body["SourcePortRange"] = json!(ports_text(spec.source_ports));
    }
    match &spec.peer {
        Peer::Cidr(_) | Peer::Ipv6Cidr(_) => {}
        Peer::Group(id) => name_peer::<SecurityGroup>(&mut body, view, names.group, id),
        Peer::PrefixList(id) => name_peer::<PrefixList>(&mut body, view, names.list, id),
    }
    body
}

/// Shows the other side under its id, and under its name.
fn name_peer<T: Resource>(body: &mut Value, view: &View, parameter: &str, id: &T::Key) {
    let name = view.state.get::<T>(id).map(|row| row.meta().name.to_string()).unwrap_or_default();
    body[parameter] = json!(id.to_string());
    body[parameter.replace("Id", "Name").as_str()] = json!(name);
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
