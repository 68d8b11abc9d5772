//! The cloud assistant: scripts run inside instances, each at most once, and what came of them is reported.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use agent::instance::Instances;
use model::id::{InstanceId, InvocationId, PortIndex, Revision, Timestamp};
use model::plan::{HostPlan, InvocationPlan};
use model::report::{Report, TaskEnd, TaskReport, TaskResult};

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, CLIENT_K, Host};

fn id(name: &str) -> InvocationId {
    format!("t-{name}").parse().unwrap()
}

/// A plan whose first client runs.
fn plan() -> HostPlan {
    let mut plan = fixture::plan();
    plan.instances.get_mut(&fixture::instance(CLIENT_G)).unwrap().running = true;
    plan
}

fn script(content: &str, port: PortIndex) -> InvocationPlan {
    InvocationPlan {
        content: content.to_owned(),
        working_dir: "/var".to_owned(),
        timeout: 60,
        begins_until: Timestamp(i64::MAX),
        instances: BTreeSet::from([fixture::instance(port)]),
        stopped: BTreeSet::new(),
    }
}

fn of<'a>(report: &'a Report, name: &str) -> Option<&'a TaskReport> {
    report.tasks.get(&id(name))?.values().next()
}

/// Waits until it has ended.
fn end(agent: &mut Running, name: &str) -> TaskResult {
    let report = agent.wait(name, |report| matches!(of(report, name), Some(TaskReport::Ended(_))));
    match of(&report, name) {
        Some(TaskReport::Ended(result)) => result.clone(),
        other => panic!("{other:?}"),
    }
}

fn runs(agent: &mut Running, name: &str) {
    agent.wait(name, |report| matches!(of(report, name), Some(TaskReport::Running(_))));
}

fn inside(host: &Host, instance: &InstanceId, command: &str) -> String {
    let instances = Instances::new(&host.config.state_dir, &host.config.run_dir);
    let argv = ["sh", "-c", command].map(str::to_owned);
    String::from_utf8(instances.exec(instance, false, &argv).output().unwrap().stdout).unwrap()
}

#[test]
fn a_script_runs_inside_its_instance_and_what_came_of_it_is_reported() {
    let host = Host::configured("script");
    let mut plan = plan();
    let mut scripts = [
        ("plain", script("pwd; echo err >&2; cat; hostname; exit 3", CLIENT_G)),
        ("bang", script("#!/bin/cat\nitself", CLIENT_G)),
        ("long", script("head -c 30000 /dev/zero | tr '\\0' x; echo end", CLIENT_G)),
        ("nowhere", script("true", CLIENT_G)),
        ("off", script("true", CLIENT_K)),
        ("late", script("true", CLIENT_G)),
        ("daemon", script("sleep 1001 & echo started", CLIENT_G)),
    ];
    scripts[3].1.working_dir = "/no/such/directory".to_owned();
    scripts[5].1.begins_until = Timestamp(0);
    plan.invocations = scripts.into_iter().map(|(name, script)| (id(name), script)).collect();
    let mut agent = Running::start(&host, Some(plan));

    let plain = end(&mut agent, "plain");
    assert_eq!((plain.end, plain.output.as_ref()), (TaskEnd::Exited(3), "/var\nerr\necs\n"));
    let bang = end(&mut agent, "bang");
    assert_eq!((bang.end, bang.output.as_ref()), (TaskEnd::Exited(0), "#!/bin/cat\nitself"));
    let long = end(&mut agent, "long");
    assert_eq!((long.output.len(), long.dropped), (TaskResult::OUTPUT, 30_004 - TaskResult::OUTPUT as u64));
    assert!(long.output.ends_with("xend\n"));
    let nowhere = end(&mut agent, "nowhere");
    assert!(
        nowhere.end == TaskEnd::Exited(1) && nowhere.output.contains("/no/such/directory"),
        "{nowhere:?}"
    );
    let off = end(&mut agent, "off");
    assert_eq!((off.end, off.started), (TaskEnd::InstanceNotRunning, None));
    assert_eq!(end(&mut agent, "late").end, TaskEnd::NotDelivered);
    let daemon = end(&mut agent, "daemon");
    assert_eq!((daemon.end, daemon.output.as_ref()), (TaskEnd::Exited(0), "started\n"));
    let left = inside(&host, &fixture::instance(CLIENT_G), "pgrep -fx 'sleep 1001'");
    assert!(!left.is_empty(), "what a script leaves running lives on");
}

#[test]
fn a_script_that_takes_too_long_or_is_stopped_ends_with_all_of_its_processes() {
    let host = Host::configured("end");
    let mut plan = plan();
    let client = fixture::instance(CLIENT_G);
    let mut slow = script("echo slow; setsid sleep 1002 & sleep 1002", CLIENT_G);
    slow.timeout = 10;
    let mut never = script("echo never >>/var/never", CLIENT_G);
    never.stopped = never.instances.clone();
    let stopped = script("echo begun; sleep 1003", CLIENT_G);
    plan.invocations =
        [(id("slow"), slow), (id("never"), never), (id("stopped"), stopped)].into_iter().collect();
    let mut agent = Running::start(&host, Some(plan.clone()));
    let slow = end(&mut agent, "slow");
    assert_eq!((slow.end, slow.output.as_ref()), (TaskEnd::TimedOut, "slow\n"));
    assert_eq!(end(&mut agent, "never").end, TaskEnd::Cancelled);
    runs(&mut agent, "stopped");
    plan.revision = Revision(2);
    plan.invocations.get_mut(&id("stopped")).unwrap().stopped = BTreeSet::from([client.clone()]);
    agent.send(&plan);
    assert_eq!(end(&mut agent, "stopped").end, TaskEnd::Terminated);
    assert_eq!(inside(&host, &client, "pgrep -f 'sleep 100[23]$'; cat /var/never"), "");

    plan.revision = Revision(3);
    plan.invocations.clear();
    agent.send(&plan);
    agent.wait("results that are planned no more are forgotten", |report| report.tasks.is_empty());
    let notes = host.config.state_dir.join("instances").join(client.as_str()).join("tasks");
    assert_eq!(std::fs::read_dir(notes).unwrap().count(), 0);
}

#[test]
fn no_script_runs_twice_though_the_agent_ends_at_any_moment() {
    let host = Host::configured("once");
    let mut plan = plan();
    let client = fixture::instance(CLIENT_G);
    let lost = script("echo lost >>/var/runs; sleep 1004", CLIENT_G);
    let done = script("echo done >>/var/runs; echo told", CLIENT_G);
    plan.invocations = [(id("lost"), lost), (id("done"), done)].into_iter().collect();
    let mut agent = Running::start(&host, Some(plan.clone()));
    end(&mut agent, "done");
    runs(&mut agent, "lost");
    while inside(&host, &client, "grep -c lost /var/runs") != "1\n" {
        thread::sleep(Duration::from_millis(20));
    }
    drop(agent);
    for _ in 0..2 {
        let mut agent = Running::start(&host, Some(plan.clone()));
        let lost = end(&mut agent, "lost");
        assert!(lost.end == TaskEnd::Interrupted && lost.started.is_some(), "{lost:?}");
        let done = end(&mut agent, "done");
        assert_eq!((done.end, done.output.as_ref()), (TaskEnd::Exited(0), "told\n"));
        agent.wait("the plan is observed", |report| report.observed == Revision(1));
        thread::sleep(Duration::from_millis(1500));
    }
    assert_eq!(inside(&host, &client, "sort /var/runs; pgrep -fx 'sleep 1004'"), "done\nlost\n");
}
