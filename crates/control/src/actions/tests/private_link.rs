//! What each action does in each state of a private link, as a table to read. `UPDATE_GOLDEN=1` writes the table anew.

use std::fmt::Write as _;

use serde_json::Value;

use super::cloud::Cloud;
use super::provider::{Network, Provider, endpoint};
use crate::rpc::Product::{Ecs, Privatelink};

/// An action and its parameters; `<words>` stand for what the scene has made.
type Asked = (&'static str, &'static [(&'static str, &'static str)]);

const SERVICE: (&str, &str) = ("ServiceId", "<service>");
const ENDPOINT: (&str, &str) = ("EndpointId", "<endpoint>");
const G: (&str, &str) = ("ZoneId", "cn-hangzhou-g");
const K: (&str, &str) = ("ZoneId", "cn-hangzhou-k");
const NLB: (&str, &str) = ("ResourceType", "nlb");
const FIRST: (&str, &str) = ("ResourceId", "<nlb>");
const SPARE: (&str, &str) = ("ResourceId", "<spare>");
const MANUAL: (&str, &str) = ("ResourceAllocateMode", "Manual");

const ACCEPT: Asked = ("EnableVpcEndpointConnection", &[SERVICE, ENDPOINT]);
const DENY: Asked = ("DisableVpcEndpointConnection", &[SERVICE, ENDPOINT]);
const ZONE_OFF: Asked = ("DisableVpcEndpointZoneConnection", &[SERVICE, ENDPOINT, G]);
const OFFER: Asked = ("AttachResourceToVpcEndpointService", &[SERVICE, NLB, SPARE, G]);
const REPLACE: Asked =
    ("UpdateVpcEndpointZoneConnectionResourceAttribute", &[SERVICE, ENDPOINT, G, MANUAL, SPARE]);
const DETACH_G: Asked = ("DetachResourceFromVpcEndpointService", &[SERVICE, NLB, FIRST, G]);
const DETACH_K: Asked = ("DetachResourceFromVpcEndpointService", &[SERVICE, NLB, FIRST, K]);
const DELETE_SERVICE: Asked = ("DeleteVpcEndpointService", &[SERVICE]);

/// States, and how they are reached; hosts have made everything true but the last step where `settled` is off.
const STATES: &[(&str, &[Asked], bool)] = &[
    ("waiting", &[], true),
    ("connecting", &[ACCEPT], false),
    ("connected", &[ACCEPT], true),
    ("connected, zone g off", &[ACCEPT, ZONE_OFF], true),
    ("connected, resource replaced in zone g", &[ACCEPT, OFFER, REPLACE], true),
    ("disconnecting", &[ACCEPT, DENY], false),
    ("disconnected", &[ACCEPT, DENY], true),
    ("waiting, zone k without a resource", &[DETACH_K], true),
    ("service deleted", &[DETACH_G, DETACH_K, DELETE_SERVICE], true),
];

const ACTIONS: &[(&str, Asked)] = &[
    ("accept", ACCEPT),
    ("deny", DENY),
    (
        "change bandwidth",
        ("UpdateVpcEndpointConnectionAttribute", &[SERVICE, ENDPOINT, ("Bandwidth", "500")]),
    ),
    ("switch zone g off", ZONE_OFF),
    ("switch zone g on", ("EnableVpcEndpointZoneConnection", &[SERVICE, ENDPOINT, G])),
    (
        "switch an unknown zone off",
        ("DisableVpcEndpointZoneConnection", &[SERVICE, ENDPOINT, ("ZoneId", "cn-hangzhou-h")]),
    ),
    (
        "let go what was replaced",
        ("DisableVpcEndpointZoneConnection", &[SERVICE, ENDPOINT, G, ("ReplacedResource", "true")]),
    ),
    (
        "choose the first in zone g",
        ("UpdateVpcEndpointZoneConnectionResourceAttribute", &[SERVICE, ENDPOINT, G, MANUAL, FIRST]),
    ),
    (
        "choose it by force",
        (
            "UpdateVpcEndpointZoneConnectionResourceAttribute",
            &[SERVICE, ENDPOINT, G, MANUAL, FIRST, ("ResourceReplaceMode", "Force")],
        ),
    ),
    (
        "choose automatically",
        (
            "UpdateVpcEndpointZoneConnectionResourceAttribute",
            &[SERVICE, ENDPOINT, G, ("ResourceAllocateMode", "Auto")],
        ),
    ),
    (
        "choose what is not offered",
        ("UpdateVpcEndpointZoneConnectionResourceAttribute", &[SERVICE, ENDPOINT, K, MANUAL, SPARE]),
    ),
    ("change the service", ("UpdateVpcEndpointServiceAttribute", &[SERVICE, ("AutoAcceptEnabled", "true")])),
    ("offer another", OFFER),
    ("offer the first again", ("AttachResourceToVpcEndpointService", &[SERVICE, NLB, FIRST, G])),
    ("detach the first in zone g", DETACH_G),
    (
        "no automatic choice in zone g",
        (
            "UpdateVpcEndpointServiceResourceAttribute",
            &[SERVICE, FIRST, G, ("AutoAllocatedEnabled", "false")],
        ),
    ),
    ("list an account", ("AddUserToVpcEndpointService", &[SERVICE, ("UserId", "2000000000000002")])),
    ("unlist an account", ("RemoveUserFromVpcEndpointService", &[SERVICE, ("UserId", "2000000000000002")])),
    ("delete the service", DELETE_SERVICE),
    ("change the endpoint", ("UpdateVpcEndpointAttribute", &[ENDPOINT, ("ZoneAffinityEnabled", "true")])),
    ("add zone k again", ("AddZoneToVpcEndpoint", &[ENDPOINT, K, ("VSwitchId", "<vswitch>")])),
    ("remove zone k", ("RemoveZoneFromVpcEndpoint", &[ENDPOINT, K])),
    ("remove an unknown zone", ("RemoveZoneFromVpcEndpoint", &[ENDPOINT, ("ZoneId", "cn-hangzhou-h")])),
    (
        "attach a security group",
        ("AttachSecurityGroupToVpcEndpoint", &[ENDPOINT, ("SecurityGroupId", "<other>")]),
    ),
    ("attach it again", ("AttachSecurityGroupToVpcEndpoint", &[ENDPOINT, ("SecurityGroupId", "<group>")])),
    (
        "detach the last one",
        ("DetachSecurityGroupFromVpcEndpoint", &[ENDPOINT, ("SecurityGroupId", "<group>")]),
    ),
    ("delete the endpoint", ("DeleteVpcEndpoint", &[ENDPOINT])),
];

/// A provider with a spare load balancer, a consumer, and an endpoint that waits.
struct Scene {
    cloud: Cloud,
    words: Vec<(&'static str, String)>,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let provider = Provider::new(&cloud).await;
        let spare = provider.network.load_balancer(&cloud).await;
        let consumer = Network::new(&cloud).await;
        let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
        let other =
            cloud.get(Ecs, "CreateSecurityGroup", &[("VpcId", &consumer.vpc)], "/SecurityGroupId").await;
        cloud.settle();
        let words = vec![
            ("<service>", provider.service),
            ("<endpoint>", endpoint),
            ("<nlb>", provider.load_balancer),
            ("<spare>", spare),
            ("<vswitch>", consumer.vswitches[1].clone()),
            ("<group>", consumer.group),
            ("<other>", other),
        ];
        Self { cloud, words }
    }

    /// The code of the refusal, or nothing.
    async fn ask(&self, (action, params): Asked) -> Option<String> {
        let word = |text: &str| {
            let made = self.words.iter().find(|(name, _)| *name == text);
            made.map_or_else(|| text.to_owned(), |(_, made)| made.clone())
        };
        let params: Vec<(&str, String)> = params.iter().map(|(name, text)| (*name, word(text))).collect();
        let params: Vec<(&str, &str)> = params.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let reply = self.cloud.send(Privatelink, action, &params).await;
        (reply.status != 200).then(|| format!("{} {}", reply.status, text(&reply.body["Code"])))
    }

    async fn see(&self, action: &str, (name, word): (&str, &str)) -> Value {
        let made = self.words.iter().find(|(name, _)| *name == word).map_or(word, |(_, made)| made);
        self.cloud.send(Privatelink, action, &[(name, made)]).await.body
    }

    /// Status of the service, of the endpoint, of the connection, and of its zones as the provider sees them.
    async fn statuses(&self) -> String {
        let service = self.see("GetVpcEndpointServiceAttribute", SERVICE).await;
        let endpoint = self.see("GetVpcEndpointAttribute", ENDPOINT).await;
        let mut line = format!(
            "service {}, endpoint {}",
            text(&service["ServiceStatus"]),
            text(&endpoint["EndpointStatus"])
        );
        if endpoint["ConnectionStatus"].is_string() {
            write!(line, ", connection {}", text(&endpoint["ConnectionStatus"])).unwrap();
        }
        let connections = self.see("ListVpcEndpointConnections", SERVICE).await;
        for zone in connections["Connections"][0]["Zones"].as_array().into_iter().flatten() {
            let letter = text(&zone["ZoneId"]).rsplit('-').next().unwrap().to_owned();
            write!(line, " {letter}:{}", text(&zone["ZoneStatus"])).unwrap();
        }
        line
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("gone").to_owned()
}

/// What an action does in a state that a fresh scene is brought into.
async fn outcome(steps: &[Asked], settled: bool, asked: Asked) -> String {
    let scene = Scene::new().await;
    for (number, step) in steps.iter().enumerate() {
        assert_eq!(scene.ask(*step).await, None, "{step:?}");
        if settled || number + 1 < steps.len() {
            scene.cloud.settle();
        }
    }
    let before = scene.statuses().await;
    if let Some(code) = scene.ask(asked).await {
        assert_eq!(scene.statuses().await, before, "a refusal changes nothing");
        return code;
    }
    let now = scene.statuses().await;
    scene.cloud.settle();
    let then = scene.statuses().await;
    if now == then { now } else { format!("{now} -> {then}") }
}

#[tokio::test]
async fn each_action_does_in_each_state_what_the_table_says() {
    let mut table = String::new();
    for (state, steps, settled) in STATES {
        writeln!(table, "{state}").unwrap();
        for (what, asked) in ACTIONS {
            writeln!(table, "  {what:<30} {}", outcome(steps, *settled, *asked).await).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/actions/tests/private_link.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let differs = golden.lines().zip(table.lines()).find(|(old, new)| old != new);
    assert_eq!(differs, None, "first difference");
    assert_eq!(golden, table);
}
