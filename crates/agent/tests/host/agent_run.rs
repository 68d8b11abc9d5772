//! The whole agent: reports, names, probes, instances, the last plan on disk.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::{AgentError, PlanKey, Seen};
use model::id::{GroupIndex, Network, Revision};
use model::nlb::{HealthCheck, HealthCheckKind};
use model::plan::{HostPlan, NamePlan};
use model::report::{HealthState, InstanceState, Report};
use model::security::RuleProtocol;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::fixture::{self, CLIENT_G, Host};
use crate::traffic::{connect, udp_exchange};

const PATIENCE: Duration = Duration::from_secs(60);
const ZONE_G: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 200);
const ZONE_K: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 200);
const NAME: &str = "ep-1.epsrv-1.cn-hangzhou.privatelink.aliyuncs.com";

/// A running agent; asked to end when dropped, as its process is, and waited for: it keeps its plan on its way out.
pub(crate) struct Running {
    plans: watch::Sender<Option<Arc<HostPlan>>>,
    reports: watch::Receiver<Option<Report>>,
    shutdown: Option<oneshot::Sender<()>>,
    run: JoinHandle<Result<(), AgentError>>,
    runtime: Runtime,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        let ended = self.runtime.block_on(&mut self.run);
        if !std::thread::panicking() {
            ended.unwrap().unwrap();
        }
    }
}

impl Running {
    pub(crate) fn start(host: &Host, plan: Option<HostPlan>) -> Self {
        let runtime = Runtime::new().unwrap();
        let (plans, to_agent) = watch::channel(plan.map(Arc::new));
        let (from_agent, reports) = watch::channel(None);
        let (shutdown, ended) = oneshot::channel::<()>();
        let (config, key) = (host.config.clone(), PlanKey::new([7; 32]));
        let run = agent::run(config, key, to_agent, from_agent, Seen::default(), async { drop(ended.await) });
        let run = runtime.spawn(run);
        Self { plans, reports, shutdown: Some(shutdown), run, runtime }
    }

    pub(crate) fn send(&self, plan: &HostPlan) {
        self.plans.send_replace(Some(Arc::new(plan.clone())));
    }

    /// Waits for a report that satisfies `wanted`.
    pub(crate) fn wait(&mut self, what: &str, wanted: impl Fn(&Report) -> bool) -> Report {
        let reports = &mut self.reports;
        let wait =
            async { reports.wait_for(|report| report.as_ref().is_some_and(&wanted)).await.unwrap().clone() };
        let report = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, wait).await });
        report.unwrap_or_else(|_| panic!("no report of: {what}; last: {:?}", self.reports.borrow())).unwrap()
    }
}

/// The fixture's plan with a name, health checks, and a server that runs NGINX's stand-in from its user data.
fn plan() -> HostPlan {
    let mut plan = fixture::plan();
    let addresses = vec![(ZONE_G.into(), fixture::zone("g")), (ZONE_K.into(), fixture::zone("k"))];
    let answer = NamePlan { addresses, zone_affinity: false };
    plan.vpcs.get_mut(&Network(1)).unwrap().names = BTreeMap::from([(NAME.to_owned(), answer)]);
    let check = HealthCheck {
        kind: HealthCheckKind::Tcp,
        port: 0,
        timeout: 1,
        interval: 1,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    };
    plan.server_groups.values_mut().for_each(|group| group.health_check = Some(check.clone()));
    plan
}

/// One of the endpoint's group, and one of the servers'.
#[test]
fn a_rule_that_is_taken_away_cuts_established_connections_within_a_second() {
    for (name, group) in [("endpoint-rule", GroupIndex(1)), ("server-rule", GroupIndex(2))] {
        let mut plan = fixture::plan();
        let host = Host::configured(name);
        let mut agent = Running::start(&host, Some(plan.clone()));
        agent.wait("the plan is observed", |report| report.observed == Revision(1));
        let _servers = host.servers();
        let mut connections = [(); 8].map(|()| connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap());
        connections.iter_mut().for_each(|connection| drop(connection.ask()));
        plan.revision = Revision(2);
        plan.groups.get_mut(&group).unwrap().ingress.retain(|rule| rule.protocol != RuleProtocol::Tcp);
        agent.send(&plan);
        std::thread::sleep(Duration::from_secs(1));
        for connection in &mut connections {
            assert!(connection.try_ask(Duration::from_millis(300)).is_err(), "{name}");
        }
    }
}

/// Asks 100.100.2.136 from a client for A records; gives the addresses in their order. Each of them is 16 bytes at the answer's end.
fn resolve(host: &Host, name: &str) -> Vec<Ipv4Addr> {
    let mut query = vec![0x7e, 0x57, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(label.len() as u8);
        query.extend(label.bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let Ok(answer) = udp_exchange(host.netns(CLIENT_G), "100.100.2.136:53", &query) else { return vec![] };
    let records = answer.rchunks(16).take(answer[7].into());
    let mut addresses: Vec<_> =
        records.map(|record| Ipv4Addr::from(*record.last_chunk::<4>().unwrap())).collect();
    addresses.reverse();
    addresses
}

#[test]
fn an_agent_reports_what_is_true_and_serves_names_and_probes() {
    let host = Host::configured("agent");
    let mut agent = Running::start(&host, Some(plan()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1) && report.faults.is_empty());
    let _servers = host.servers();
    let healthy = |report: &Report| {
        report.health.len() == 2 && report.health.values().all(|health| health.state == HealthState::Healthy)
    };
    agent.wait("both servers are healthy", healthy);
    assert_eq!(resolve(&host, NAME), [ZONE_G, ZONE_K]);
    assert!(["g", "k"].contains(&connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask().as_str()));
}

#[test]
fn a_zone_whose_servers_fail_leaves_the_name_while_another_has_some() {
    let host = Host::configured("outage");
    let mut plan = plan();
    plan.vips.values_mut().for_each(|vip| vip.cross_zone = false);
    let mut agent = Running::start(&host, Some(plan));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let [g, k] = host.servers();
    let healthy = |report: &Report, number| {
        report.health.values().filter(|health| health.state == HealthState::Healthy).count() == number
    };
    // Names follow the report within a pass.
    let named = |addresses: &[Ipv4Addr]| {
        let end = Instant::now() + PATIENCE;
        while resolve(&host, NAME) != addresses {
            assert!(Instant::now() < end, "{:?}", resolve(&host, NAME));
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    agent.wait("both servers are healthy", |report| healthy(report, 2));
    named(&[ZONE_G, ZONE_K]);
    drop(g);
    agent.wait("one server is healthy", |report| healthy(report, 1));
    named(&[ZONE_K]);
    drop(k);
    agent.wait("none is healthy", |report| healthy(report, 0));
    named(&[ZONE_G, ZONE_K]);
}

#[test]
fn a_server_that_stops_answering_gets_no_more_connections() {
    let host = Host::configured("sick");
    let mut agent = Running::start(&host, Some(plan()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let [g, _k] = host.servers();
    let count =
        |report: &Report, state| report.health.values().filter(|health| health.state == state).count();
    agent.wait("both servers are healthy", |report| count(report, HealthState::Healthy) == 2);
    drop(g);
    agent.wait("one server is unhealthy", |report| count(report, HealthState::Unhealthy) == 1);
    let all_served_by_k = || {
        let by = |_| connect(host.netns(CLIENT_G), "10.0.1.200:80").map(|mut it| it.ask());
        (0..20).map(by).all(|name| name.is_ok_and(|name| name == "k"))
    };
    // Unhealthy is reported before the kernel's table follows; a slow machine takes a moment.
    let begin = Instant::now();
    while !all_served_by_k() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it still gets connections");
    }
    assert!(all_served_by_k());
}

#[test]
fn an_older_plan_is_refused_and_the_last_one_is_kept_on_disk() {
    let host = Host::configured("older");
    let mut newer = plan();
    newer.revision = Revision(7);
    let mut agent = Running::start(&host, Some(newer));
    agent.wait("revision 7", |report| report.observed == Revision(7));
    let mut older = plan();
    older.revision = Revision(6);
    older.ports.clear();
    older.instances.clear();
    agent.send(&older);
    std::thread::sleep(Duration::from_secs(1));
    assert!(host.netns(CLIENT_G).exists(), "the older plan would have removed it");
    drop(agent);
    let mut agent = Running::start(&host, None);
    agent.wait("revision 7 without a controller", |report| report.observed == Revision(7));
}

#[test]
fn an_instance_runs_in_its_namespace_and_goes_with_the_plan() {
    let host = Host::configured("run");
    let mut plan = plan();
    let id = fixture::instance(CLIENT_G);
    plan.instances.get_mut(&id).unwrap().running = true;
    let mut agent = Running::start(&host, Some(plan.clone()));
    let runs =
        |report: &Report| report.instances.get(&id).is_some_and(|it| it.state == InstanceState::Running);
    agent.wait("the instance runs", runs);
    drop(agent);
    let mut agent = Running::start(&host, None);
    agent.wait("the instance still runs under a new agent", runs);
    plan.revision = Revision(2);
    plan.instances.remove(&id);
    plan.ports.remove(&CLIENT_G);
    agent.send(&plan);
    agent.wait("the instance is gone", |report| {
        report.observed == Revision(2) && !report.instances.contains_key(&id)
    });
    assert!(!host.netns(CLIENT_G).exists());
}
