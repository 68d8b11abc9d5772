//! What the console is told beside the API: of one's own alone.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use model::id::{AccountId, ServerIndex, Timestamp, ZoneId};
use model::report::{HealthReason, HealthReport, HealthState, Probe};
use serde_json::Value;
use tokio::sync::mpsc;

use super::cloud::{Cloud, OTHER, ZONES};
use super::provider::{Network, Provider, endpoint};
use crate::actions::Signed;
use crate::console::{probes, traffic};
use crate::hosts::{Carried, Carrier, Connection, Sight, Traffic};
use crate::rpc::Product::{self, Privatelink};
use crate::rpc::{ApiError, Params};

/// A host that has carried something for each of these, and has probed each server once.
struct Host(Arc<[Carried]>);

impl Sight for Host {
    fn flows(&self, _: AccountId) -> mpsc::Receiver<Bytes> {
        mpsc::channel(1).1
    }

    fn trace(&self, _: AccountId, _: &Connection) -> Result<Value, String> {
        Err("nobody traces here".to_owned())
    }

    fn probes(&self, _: ServerIndex) -> Vec<Probe> {
        let reason = Some(HealthReason::ConnectFailed);
        vec![Probe { at: Timestamp(7), state: HealthState::Unhealthy, reason, latency_micros: 120 }]
    }

    fn carried(&self) -> Result<Arc<[Carried]>, String> {
        Ok(self.0.clone())
    }
}

/// A provider, and an endpoint of the other account.
struct Scene {
    cloud: Cloud,
    provider: Provider,
    endpoint: String,
    host: Arc<dyn Sight>,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let provider = Provider::new(&cloud).await;
        let consumer = [("ServiceId", provider.service.as_str()), ("UserId", &OTHER.to_string())];
        cloud.call(Privatelink, "AddUserToVpcEndpointService", &consumer).await;
        let network = Network::new(&cloud.of_other()).await;
        let endpoint = endpoint(&cloud.of_other(), &network, &provider.service).await;
        let zone = ZoneId::new(ZONES[0]);
        let server = Carrier::Server {
            group: provider.server_group.parse().unwrap(),
            address: IpAddr::from([10, 0, 1, 1]),
            port: 80,
        };
        let all = [
            Carrier::Listener(provider.listener.parse().unwrap(), zone.clone()),
            Carrier::Endpoint(endpoint.parse().unwrap(), zone),
            server,
        ];
        let traffic = Traffic { packets: 3, bytes: 300 };
        let carried = |by| Carried { by, connections: 2, open: 1, sent: traffic, received: traffic };
        let host = Arc::new(Host(all.map(carried).into()));
        let reason = Some(HealthReason::ConnectFailed);
        cloud.settle_with(HealthReport { state: HealthState::Unhealthy, reason, latency_micros: 120 });
        Self { cloud, provider, endpoint, host }
    }

    fn signed(&self, account: AccountId, given: &[(&str, &str)]) -> Signed {
        let params = Params::new(Product::Nlb, given.iter().copied());
        Signed { account, params, state: self.cloud.state() }
    }

    async fn traffic(&self, account: AccountId, given: &[(&str, &str)]) -> Result<Value, ApiError> {
        traffic::tell(&self.host, self.signed(account, given), &self.cloud.observed()).await
    }

    fn probes(&self, account: AccountId, given: &[(&str, &str)]) -> Result<Value, ApiError> {
        probes::tell(&*self.host, &self.signed(account, given), &self.cloud.observed())
    }
}

/// Who has carried something, by the answer.
fn carriers(answer: &Value) -> Vec<&str> {
    answer["Carried"].as_array().unwrap().iter().map(|one| one["By"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_account_is_told_what_its_own_have_carried_and_a_provider_what_its_endpoints_have() {
    let scene = Scene::new().await;
    let (own, balancer) = (scene.cloud.account(), scene.provider.load_balancer.as_str());
    let (group, endpoint) = (scene.provider.server_group.as_str(), scene.endpoint.as_str());
    let told = scene.traffic(own, &[]).await.unwrap();
    assert_eq!(carriers(&told), ["Listener", "Endpoint", "Server"]);
    assert_eq!(told["Carried"][2]["ServerIp"], "10.0.1.1");
    assert_eq!((&told["Carried"][0]["Open"], &told["Carried"][0]["SentBytes"]), (&1.into(), &300.into()));
    assert_eq!(carriers(&scene.traffic(OTHER, &[]).await.unwrap()), ["Endpoint"]);
    for (scope, expected, health) in
        [(("LoadBalancerId", balancer), "Listener", 2), (("ServerGroupId", group), "Server", 2)]
    {
        let told = scene.traffic(own, &[scope]).await.unwrap();
        assert_eq!(carriers(&told), [expected]);
        let of = told["Health"].as_array().unwrap();
        assert_eq!(
            (of.len(), &of[0]["Status"], &of[0]["LatencyMicros"]),
            (health, &"Unhealthy".into(), &120.into())
        );
        let refused = scene.traffic(OTHER, &[scope]).await.unwrap_err();
        assert!(refused.code.starts_with("ResourceNotFound."), "{}", refused.code);
    }
    for account in [own, OTHER] {
        let told = scene.traffic(account, &[("EndpointId", endpoint)]).await.unwrap();
        assert_eq!(carriers(&told), ["Endpoint"]);
    }
    let refused = scene.traffic(OTHER, &[("EndpointId", "ep-bp1aaaaaaaaaaaaaaaaa")]).await.unwrap_err();
    assert_eq!(refused.code, "EndpointNotFound");
}

#[tokio::test]
async fn the_last_probes_of_a_group_are_told_to_its_owner_alone() {
    let scene = Scene::new().await;
    let group = ("ServerGroupId", scene.provider.server_group.as_str());
    let told = scene.probes(scene.cloud.account(), &[group]).unwrap();
    let servers = told["Servers"].as_array().unwrap();
    assert_eq!(servers.len(), 2);
    assert_eq!(servers[0]["Status"], "Unhealthy");
    assert_eq!(servers[0]["Probes"][0]["ReasonCode"], "CONNECT_FAILED");
    assert_eq!(servers[0]["Probes"][0]["LatencyMicros"], 120);
    let one = ("ServerIds.1", servers[1]["ServerId"].as_str().unwrap());
    let told = scene.probes(scene.cloud.account(), &[group, one]).unwrap();
    assert_eq!(told["Servers"].as_array().unwrap().len(), 1);
    let refused = scene.probes(OTHER, &[group]).unwrap_err();
    assert_eq!(refused.code, "ResourceNotFound.serverGroup");
    assert_eq!(scene.probes(OTHER, &[]).unwrap_err().code, "MissingParam.ServerGroupId");
}
