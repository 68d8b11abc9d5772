use std::collections::BTreeMap;

use model::command::Command;
use model::entropy::Entropy;
use model::id::Revision;
use model::records::Settings;

use super::*;
use crate::accounts::submit;
use crate::commit::Commits;
use crate::store::memory::MemoryStore;

fn host(seed: u64) -> HostId {
    HostId::generate(&mut Entropy::new(seed))
}

fn report(host: HostId, observed: u64) -> Report {
    let (instances, health) = (BTreeMap::new(), BTreeMap::new());
    Report {
        host,
        observed: Revision(observed),
        instances,
        health,
        tasks: BTreeMap::new(),
        faults: Vec::new(),
    }
}

#[tokio::test]
async fn every_newest_state_is_planned_and_the_last_plan_is_of_the_last_state() {
    let (commits, _) = Commits::start(Box::new(MemoryStore::default())).unwrap();
    let (plans, mut planned) = watch::channel(None);
    tokio::spawn(plan(commits.watch(), host(1), plans));
    for zone in ["a", "b", "c"] {
        let zones = vec![model::id::ZoneId::new(zone)];
        let settings = Settings { region: "here".into(), zones, hosts: vec![host(1)] };
        submit(&commits, Command::Configure(settings)).await.unwrap();
    }
    let last = commits.state().revision();
    let newest = |plan: &Option<Arc<HostPlan>>| plan.as_ref().is_some_and(|plan| plan.revision == last);
    let plan = planned.wait_for(newest).await.unwrap().clone().unwrap();
    assert_eq!(plan.host, host(1));
}

#[tokio::test]
async fn reports_of_other_hosts_are_left_out() {
    let (reports, incoming) = watch::channel(None);
    let (observed, mut seen) = watch::channel(Arc::default());
    tokio::spawn(observe(incoming, host(1), observed));
    reports.send_replace(Some(report(host(2), 7)));
    tokio::task::yield_now().await;
    reports.send_replace(Some(report(host(1), 8)));
    let seen = seen.wait_for(|seen: &Arc<Observed>| !seen.hosts.is_empty()).await.unwrap().clone();
    assert_eq!(seen.hosts.keys().collect::<Vec<_>>(), [&host(1)]);
    assert_eq!(seen.hosts[&host(1)].observed, Revision(8));
}
