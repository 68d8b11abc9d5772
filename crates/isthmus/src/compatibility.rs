//! docs/COMPATIBILITY.md, written from the table of actions: what is there, what has no effect, what is not there.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use control::actions::refusal::as_documented;
use control::actions::{self, Action, COMMON, Handler, Param, Support};
use control::rpc::{ApiError, Product};
use serde_json::{Value, json};

/// `PRODUCT ACTION`, one a line: the public actions of the products, as far as clients of this system's parts need them.
const PUBLIC: &str = include_str!("../../../docs/api/actions.txt");

const HEADING: &str = "\
# Compatibility

What of the public API is there. Written by `cargo xtask compatibility` from the table of actions; a test refuses an old page.

Both signature schemes, HTTP and HTTPS, GET and POST, JSON and XML answers. An action or parameter that is not listed
here is not there: an unknown action is refused with `InvalidAction.NotFound`, an unknown parameter is ignored, as the
cloud itself does.

In part: the scheduler `Wlc` counts the connections that pass through this host; those of listeners that speak TLS, or with UDP the PROXY protocol, are
counted apart from those of others. `Qch` knows QUIC connections by the first eight bytes of the ids that their servers gave them; a client that
moves to an id that it was given under encryption is placed anew, and behind the PROXY protocol its address and port decide.

With TCP the header of the PROXY protocol goes along with the ACK that ends the handshake, and the server sees the load balancer's address, also where client
IP preservation is on. Data in a SYN (TCP Fast Open) is not taken there: the option is taken out, and a SYN with data is dropped. Multipath TCP's option is
taken out too: such a connection has one path. A connection whose handshake is in the air while the header of its listener is
turned on, off or changed may have to be tried again.

With UDP the header of the PROXY protocol (family 0x12 or 0x22) stands in front of every datagram, as name servers expect it (BIND, Unbound, Knot,
PowerDNS), because any of them may be lost or come first; answers have none. The server sees the load balancer's address, as with TCP, also where client IP
preservation is on. What no longer fits into a packet with its header, which has 28 bytes in IPv4 and 52 in IPv6 and what it
tells of ids (at most 86), is sent in fragments. A closed port of a server is not told to the client.

Endpoints of type Reverse: in the cloud only its own services and its partners have them, and its documents do not say how such a
service names what it reaches. Here every service may have them, and the provider names a server by the endpoint's interface: `AddServersToServerGroup`
with `ServerType` Eni, `ServerId` the `EniId` of `ListVpcEndpointConnections` (which tells the `EndpointType` too), and `ServerIp` an address of
the consumer's VPC, which counts as a server as long as an instance there has it. The connection must be accepted and its zone be on
(`IncorrectStatus.Eni`). The server sees the endpoint's address, never the client's, whatever `PreserveClientIpEnabled` says. Such
an endpoint is in zones of which the service has no resource too, has no names and no IPv6 (`Mismatch.EndpointType`), and its bandwidth cannot be limited
(`TrafficControlMode` BandwidthLimit: `EndpointConnectionOperationDenied`). What
its security groups do not let out, health checks do not ask either. While the connection is denied or the zone off, its servers stay in their groups as
unhealthy (`CONNECT_FAILED`); with the interface they leave.

A zone of a load balancer speaks to servers that do not see their clients from its own address, or from its local addresses if it was given any: 2, 4, 6 or 8 of
a family (`Ipv4LocalAddresses`, `Ipv6LocalAddresses`), each with the 64,512 ports from 1024 on towards each server. UpdateLoadBalancerZones takes
them too, which the cloud's SDKs do not know: given, they are the zone's from then on, and connections that spoke from one that it has lost are reset; not
given, they stay. To the security groups of servers a load balancer is its zone's own address, whichever it speaks from, and health checks come from none of them.

A parameter that is refused may ask for nothing: `false`, 0, or a structure of these.

Parameters of which not every value of the cloud is taken; the others are refused, with the code that is documented for that where there is one:

| parameter | is | because |
| --- | --- | --- |
| EndpointType | Interface, Reverse | an endpoint of type GatewayLoadBalancer belongs to a gateway load balancer, and an NLB forwards no foreign packets (`Mismatch.EndpointType`) |
| PolicyDocument | a policy that allows everything | as in the cloud for every service that is not its own: a load balancer's packets do not say which user sends them or what they ask for; security groups say who may connect (`OperationDenied.EndpointPolicyNotSupport`) |
| ServiceResourceType, ResourceType of a service | nlb | there are no load balancers of other types, and no NAT gateways |
| ZonePrivateIpAddressCount | 1 | a zone's interface has one address (of each family) that stands for the service, as in the cloud (`QuotaExceeded.IpQuotaPerEp`) |
| AddressType of a load balancer | Intranet | no address is public |
| ServerType | Ecs, Eni, Ip | there are no container instances (`ResourceNotFound.Eci`) |
| ZoneMappings of a load balancer | private addresses | none is public (`IllegalParam.AllocationId`, `IllegalParam.EipType`) |
| SecSensorEnabled | false, or true once SetHdMonitorRegionConfig has been asked | it is kept and shown; there is no second-level monitoring |
| NextHopType, NextHopList | Instance, NetworkInterface; one hop | there are no gateways for a route to lead to, and packets take one way |
| DestinationCidrBlock | an IPv4 range | routes that users add are of IPv4; in IPv6 the vSwitches of a VPC reach each other (`OperationFailed.NotSupportIPV6`) |
| Tenancy, Affinity | default | there are no dedicated hosts |
| RepeatMode | Once | commands are run when they are asked for |
| InstanceType of interfaces | Primary, Secondary | there are no trunk interfaces |
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEADING.to_owned();
    section(&mut page, "Every action", None);
    parameters(&mut page, COMMON);
    for product in Product::ALL {
        let known: Vec<_> = actions::all().filter(|action| action.product == product).collect();
        let names: BTreeSet<_> = known.iter().map(|action| action.name).collect();
        let public = public(product);
        let there = public.intersection(&names).count();
        section(
            &mut page,
            product.name(),
            Some(format!("Version {}. {there} of {} actions.", product.version(), public.len())),
        );
        actions_of(&mut page, known);
        let missing: Vec<_> = public.difference(&names).copied().collect();
        if !missing.is_empty() {
            put(&mut page, format_args!("\nNot there: {}.\n", missing.join(", ")));
        }
    }
    page
}

/// The table of actions: `PRODUCT.ACTION` with whether it writes and what becomes of each parameter.
pub fn table() -> Value {
    let action = |action: &Action| {
        let name = format!("{}.{}", action.product.name(), action.name);
        let writes = matches!(action.handler, Handler::Write(_));
        let params = action.params.iter().chain(COMMON);
        let params: Value = params.map(|param| support(action, param)).collect();
        (name, json!({ "writes": writes, "parameters": params }))
    };
    actions::all().map(action).collect()
}

/// What becomes of a parameter; of a refused one, also the code.
fn support(action: &Action, param: &Param) -> (String, Value) {
    let support = match param.support {
        Support::Works => json!({ "support": "works" }),
        Support::NoEffect(_) => json!({ "support": "no effect" }),
        Support::Refused(code, why) => {
            let illegal = action.product.illegal(param.name, why);
            let refusal = ApiError { code: code.map_or(illegal.code, Cow::Borrowed), ..illegal };
            json!({ "support": "refused", "code": as_documented(action, refusal).code })
        }
    };
    (param.name.to_owned(), support)
}

/// Public actions of a product.
fn public(product: Product) -> BTreeSet<&'static str> {
    let lines = PUBLIC.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(name, _)| *name == product.name()).map(|(_, action)| action).collect()
}

fn section(page: &mut String, title: &str, about: Option<String>) {
    put(page, format_args!("\n## {title}\n"));
    if let Some(about) = about {
        put(page, format_args!("\n{about}\n"));
    }
}

fn actions_of(page: &mut String, mut actions: Vec<&Action>) {
    actions.sort_by_key(|action| action.name);
    if actions.is_empty() {
        return;
    }
    put(
        page,
        format_args!(
            "\n| action | parameters | taken without effect | refused |\n| --- | --- | --- | --- |\n"
        ),
    );
    for action in actions {
        let (works, idle, refused) = sorted(action.params);
        put(page, format_args!("| {} | {works} | {idle} | {refused} |\n", action.name));
    }
}

fn parameters(page: &mut String, params: &[Param]) {
    let (works, idle, _) = sorted(params);
    put(page, format_args!("\nParameters that every action takes: {works}. Without effect: {idle}.\n"));
}

/// Names by what becomes of them, with the reasons.
fn sorted(params: &[Param]) -> (String, String, String) {
    let (mut works, mut idle, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for Param { name, support } in params {
        match support {
            Support::Works => works.push((*name).to_owned()),
            Support::NoEffect(why) => idle.push(format!("{name} ({why})")),
            Support::Refused(_, why) => refused.push(format!("{name} ({why})")),
        }
    }
    (works.join(", "), idle.join(", "), refused.join(", "))
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = page.write_fmt(text);
}
