//! One thing of every kind that an account can own.

use model::id::AccountId;
use model::instance::EniOwner;
use model::nlb::Target;
use model::tables::Row;

use super::cloud::Cloud;
use super::named::Named;
use super::provider::{Provider, endpoint};
use crate::rpc::Product::{self, Cas, Ecs, Nlb, Privatelink, Pvtz, Vpc};

/// A call, with ids of what was made before it.
type Step = (Product, &'static str, &'static [(&'static str, &'static str)]);

/// What is made besides a provider and an endpoint.
const STEPS: &[Step] = &[
    (Privatelink, "EnableVpcEndpointConnection", &[("ServiceId", "<service>"), ("EndpointId", "<endpoint>")]),
    (Privatelink, "AddUserToVpcEndpointService", &[("ServiceId", "<service>"), ("UserId", "<account>")]),
    (
        Ecs,
        "AuthorizeSecurityGroup",
        &[
            ("SecurityGroupId", "<security_group>"),
            ("IpProtocol", "TCP"),
            ("PortRange", "81/81"),
            ("SourceGroupId", "<security_group>"),
        ],
    ),
    (Ecs, "CreateNetworkInterface", &[("VSwitchId", "<vswitch>"), ("SecurityGroupId", "<security_group>")]),
    (Vpc, "CreateRouteTable", &[("VpcId", "<vpc>")]),
    (
        Vpc,
        "CreateRouteEntry",
        &[
            ("RouteTableId", "<route_table>"),
            ("DestinationCidrBlock", "172.20.0.0/16"),
            ("NextHopType", "NetworkInterface"),
            ("NextHopId", "<eni>"),
        ],
    ),
    (Vpc, "AssociateRouteTable", &[("RouteTableId", "<route_table>"), ("VSwitchId", "<vswitch>")]),
    (
        Nlb,
        "CreateSecurityPolicy",
        &[
            ("SecurityPolicyName", "policy"),
            ("TlsVersions.1", "TLSv1.2"),
            ("Ciphers.1", "ECDHE-RSA-AES128-GCM-SHA256"),
        ],
    ),
    (
        Nlb,
        "CreateServerGroup",
        &[("ServerGroupName", "tls"), ("VpcId", "<vpc>"), ("PreserveClientIpEnabled", "false")],
    ),
    (
        Nlb,
        "AddServersToServerGroup",
        &[
            ("ServerGroupId", "<server_group>"),
            ("Servers.1.ServerType", "Ecs"),
            ("Servers.1.ServerId", "<instance>"),
            ("Servers.1.Port", "81"),
        ],
    ),
    (
        Nlb,
        "CreateListener",
        &[
            ("LoadBalancerId", "<balancer>"),
            ("ListenerProtocol", "TCPSSL"),
            ("ListenerPort", "443"),
            ("ServerGroupId", "<server_group>"),
            ("CertificateIds.1", "<certificate>"),
        ],
    ),
    (
        Ecs,
        "RunCommand",
        &[
            ("Type", "RunShellScript"),
            ("CommandContent", "true"),
            ("KeepCommand", "true"),
            ("InstanceId.1", "<instance>"),
        ],
    ),
    (
        Ecs,
        "CreatePrefixList",
        &[
            ("PrefixListName", "offices"),
            ("AddressFamily", "IPv4"),
            ("MaxEntries", "1"),
            ("Entry.1.Cidr", "10.0.0.0/8"),
        ],
    ),
    (Pvtz, "AddZone", &[("ZoneName", "a.example")]),
    (Pvtz, "AddZoneRecord", &[("ZoneId", "<zone>"), ("Rr", "a"), ("Type", "A"), ("Value", "10.0.0.1")]),
    (
        Pvtz,
        "BindZoneVpc",
        &[("ZoneId", "<zone>"), ("Vpcs.1.VpcId", "<vpc>"), ("Vpcs.1.RegionId", "cn-hangzhou")],
    ),
    (Vpc, "TagResources", &[("ResourceType", "VPC"), ("ResourceId.1", "<vpc>"), TAG[0], TAG[1]]),
    (Ecs, "TagResources", &[("ResourceType", "instance"), ("ResourceId.1", "<instance>"), TAG[0], TAG[1]]),
    (
        Nlb,
        "TagResources",
        &[("ResourceType", "loadbalancer"), ("ResourceId.1", "<balancer>"), TAG[0], TAG[1]],
    ),
    (
        Privatelink,
        "TagResources",
        &[("ResourceType", "vpcendpoint"), ("ResourceId.1", "<endpoint>"), TAG[0], TAG[1]],
    ),
];

const TAG: [(&str, &str); 2] = [("Tag.1.Key", "key"), ("Tag.1.Value", "value")];

/// Makes them and says what they are called.
pub(super) async fn make(cloud: &Cloud) -> Named {
    let provider = Provider::new(cloud).await;
    endpoint(cloud, &provider.network, &provider.service).await;
    let pair = provider.network.vpc.replacen("vpc", "key", 1);
    cloud.call(Ecs, "CreateKeyPair", &[("KeyPairName", &pair)]).await;
    let certificate = [("Name", "shop"), ("Cert", text("old_pem")), ("Key", text("old_key"))];
    cloud.call(Cas, "UploadUserCertificate", &certificate).await;
    let authority = [("Name", "clients"), ("Cert", text("member_pem"))];
    cloud.call(Cas, "UploadUserCertificate", &authority).await;
    for (product, action, params) in STEPS {
        let named = called(cloud, cloud.account());
        let filled: Vec<_> = params.iter().map(|(key, text)| (*key, named.fill(text))).collect();
        let filled: Vec<_> = filled.iter().map(|(key, text)| (*key, text.as_str())).collect();
        cloud.call(*product, action, &filled).await;
    }
    called(cloud, cloud.account())
}

/// A text of the scenarios' certificates.
pub(super) fn text(name: &str) -> &'static str {
    let all = include_str!("../../../../../scenarios/parts/certificates.txt");
    let (_, rest) = all.split_once(&format!("text {name}\n")).unwrap();
    rest.split_once("\nend").unwrap().0
}

/// What an account's things are called; of several of a kind, one.
fn called(cloud: &Cloud, account: AccountId) -> Named {
    let mut named = Named([("account", account.to_string())].into());
    for row in cloud.state().tables().rows() {
        let own = match &row {
            Row::Job(job) => job.owner == account,
            other => other.meta().is_some_and(|meta| meta.owner == account),
        };
        if own {
            name(&mut named, &row);
        }
    }
    named
}

fn name(named: &mut Named, row: &Row) {
    let key = row.key().to_string();
    let mut put = |what, id: &dyn ToString| drop(named.0.insert(what, id.to_string()));
    match row {
        Row::Settings(_) | Row::Counters(_) | Row::Account(_) | Row::AccessKey(_) => {}
        Row::Token(_) | Row::Monitor(_) | Row::Released(_) => {}
        Row::Job(_) => put("job", &key),
        Row::ResourceGroup(_) => put("resource_group", &key),
        Row::Vpc(row) => {
            put("vpc", &key);
            put("router", &row.router);
        }
        Row::RouteTable(row) if row.system => {}
        Row::RouteTable(row) => {
            put("route_table", &key);
            row.entries.values().for_each(|entry| put("route_entry", &entry.id));
        }
        Row::VSwitch(row) if row.zone.as_str().ends_with('g') => put("vswitch", &key),
        Row::VSwitch(_) => put("other_vswitch", &key),
        Row::SecurityGroup(row) if row.system => {}
        Row::SecurityGroup(row) => {
            put("security_group", &key);
            row.rules.keys().for_each(|rule| put("rule", rule));
        }
        Row::Eni(row) => match row.owner {
            EniOwner::Nobody => put("eni", &key),
            EniOwner::Endpoint(_) => put("endpoint_eni", &key),
            EniOwner::Instance(..) | EniOwner::LoadBalancer(_) => {}
        },
        Row::Instance(row) => {
            put(if row.zone.as_str().ends_with('g') { "instance_g" } else { "instance_k" }, &key);
            put("instance", &key);
            put("disk", &key.replacen("i-", "d-", 1));
        }
        Row::SavedCommand(_) => put("command", &key),
        Row::Invocation(_) => put("invocation", &key),
        Row::KeyPair(row) => put("key_pair", &row.meta.name),
        Row::PrefixList(_) => put("prefix_list", &key),
        Row::LoadBalancer(_) => put("balancer", &key),
        Row::ServerGroup(row) if row.preserve_client_ip => {}
        Row::ServerGroup(row) => {
            put("server_group", &key);
            if let Some(Target::Ecs(id)) = row.servers.first().map(|server| &server.target) {
                put("server", id);
            }
        }
        Row::Listener(row) if row.tls.is_some() => put("listener", &key),
        Row::Listener(_) => {}
        Row::Certificate(row) if !row.is_of_server() => put("authority", &key),
        Row::Certificate(row) => {
            put("certificate", &key);
            put("number", &row.id.number());
        }
        Row::SecurityPolicy(_) => put("policy", &key),
        Row::PrivateZone(row) => {
            put("zone", &key);
            row.records.keys().for_each(|number| put("record", &number.0));
        }
        Row::EndpointService(_) => put("service", &key),
        Row::Endpoint(_) => put("endpoint", &key),
    }
}
