//! kill -9 at any moment: every acknowledged write is there, and packets do not notice.

mod support;
#[path = "crash/system.rs"]
mod system;

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use control::rpc::Product;
use isthmus::client::{Client, text};
use isthmus::walkthrough::{Road, Session};

use system::System;

/// How often the daemon is killed.
const KILLS: u32 = 8;
/// Threads that write without a pause.
const WRITERS: usize = 3;
/// VPCs that each of them keeps: together fewer than an account may have.
const KEPT: usize = 20;
/// Requests a second over the one connection that must not break.
const RATE: &str = "50/s";
/// Longest silence on it that is no interruption, on a machine that is busy with other things.
const SILENCE: Duration = Duration::from_secs(1);
/// Longest time without a daemon that a client bears.
const PERSISTENCE: Duration = Duration::from_secs(30);

#[test]
fn acknowledged_writes_and_established_connections_survive_kills() {
    let mut system = System::start("crash");
    let client = system.client().persistent(PERSISTENCE);
    let road = connected_road(&client);
    let traffic = Traffic::start(&system, &road);
    let acknowledged = Mutex::new(Acknowledged::default());
    let stop = AtomicBool::new(false);
    let second = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (client, acknowledged, stop) = (&client, &acknowledged, &stop);
            scope.spawn(move || write(client, writer, acknowledged, stop));
        }
        // The walkthrough once more, while the daemon comes and goes under it.
        let second = scope.spawn(|| connected_road(&client));
        for kill in 0..KILLS {
            thread::sleep(moment(kill));
            system.kill_and_start_again();
        }
        system.until_answers();
        stop.store(true, Ordering::Relaxed);
        second.join().expect("the second walkthrough ends well")
    });
    let Acknowledged { present, writes } = acknowledged.into_inner().expect("no writer failed");
    assert!(writes > KILLS as usize, "only {writes} writes between the kills");
    let found = vpcs(&client);
    let lost: Vec<_> = present.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged, but not there: {lost:?}");
    let surplus: Vec<_> = found.difference(&present).filter(|(name, _)| name.starts_with("load-")).collect();
    assert!(surplus.is_empty(), "deleted, or asked for once, and there all the same: {surplus:?}");
    for road in [&road, &second] {
        page(&system, road);
    }
    traffic.assert_unbroken();

    // And the daemon of after the kills still rules: what it denies is cut, also where it was established.
    let denied = Instant::now();
    road.deny(&mut Session::new(&client, &mut |_| {})).expect("the API answers");
    let last = traffic.until_silent();
    assert!(last.duration_since(denied) < Duration::from_secs(1), "the connection outlived its revocation");
    support::purge(&system.state);
}

/// The walkthrough, allowed.
fn connected_road(client: &Client) -> Road {
    let mut quiet = |_: isthmus::walkthrough::Event<'_>| {};
    let road = Road::build(client, &mut quiet).expect("the walkthrough");
    let mut session = Session::new(client, &mut quiet);
    road.allow(&mut session).expect("the provider allows");
    road.until_connection(&mut session, "Connected").expect("connected");
    road
}

/// What was acknowledged to the writers.
#[derive(Default)]
struct Acknowledged {
    /// VPCs that were created and not deleted, by name and id.
    present: BTreeSet<(String, String)>,
    writes: usize,
}

/// Creates VPCs until told to stop, deletes each after some more, and notes what was acknowledged.
fn write(client: &Client, writer: usize, acknowledged: &Mutex<Acknowledged>, stop: &AtomicBool) {
    let mut kept = VecDeque::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("load-{writer}-{number}");
        let answer = call(client, "CreateVpc", &[("VpcName", &name), ("CidrBlock", "10.0.0.0/8")]);
        let vpc = (name, text(&answer, "VpcId").expect("an id"));
        kept.push_back(vpc.clone());
        let mut all = acknowledged.lock().expect("no writer failed");
        all.present.insert(vpc);
        all.writes += 1;
        drop(all);
        if kept.len() > KEPT {
            let oldest = kept.pop_front().expect("there are more than none");
            call(client, "DeleteVpc", &[("VpcId", &oldest.1)]);
            let mut all = acknowledged.lock().expect("no writer failed");
            all.present.remove(&oldest);
            all.writes += 1;
        }
    }
}

/// A call of the Vpc API that is answered in the end.
fn call(client: &Client, action: &str, parameters: &[(&str, &str)]) -> serde_json::Value {
    let parameters = [&[("RegionId", "cn-hangzhou")], parameters].concat();
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    client.call(Product::Vpc, action, &parameters).expect("an answer, in the end")
}

/// Every VPC, by name and id.
fn vpcs(client: &Client) -> BTreeSet<(String, String)> {
    let mut vpcs = BTreeSet::new();
    for page in 1.. {
        let answer = call(client, "DescribeVpcs", &[("PageSize", "50"), ("PageNumber", &page.to_string())]);
        let list = answer["Vpcs"]["Vpc"].as_array().expect("a list").clone();
        if list.is_empty() {
            break;
        }
        let name_and_id = |vpc| Some((text(vpc, "VpcName")?, text(vpc, "VpcId")?));
        vpcs.extend(list.iter().filter_map(name_and_id));
    }
    vpcs
}

/// When to kill: some tenths of a second after the last time, different at each run.
fn moment(kill: u32) -> Duration {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(u64::from(now.subsec_micros() % 700 + 300 + kill % 3 * 200))
}

/// ECS 01 gets a page over the endpoint.
fn page(system: &System, road: &Road) {
    let url = format!("http://{}/", road.domain);
    let output =
        system.exec(&road.clients[0].id, &["curl", "-sS", "--max-time", "2", &url]).output().expect("starts");
    let page = String::from_utf8_lossy(&output.stdout);
    let seen = format!("serves {}\n", road.clients[0].address);
    assert!(page.ends_with(&seen), "{page:?} {}", String::from_utf8_lossy(&output.stderr));
}

/// One TCP connection through the endpoint that carries a request every 20 ms.
struct Traffic {
    child: std::process::Child,
    replies: std::sync::Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Traffic {
    fn start(system: &System, road: &Road) -> Self {
        // The same address a million times: curl keeps the connection and says how many it had to make.
        let url = format!("http://{}/?[1-1000000]", road.zones[0].address);
        // On standard error, because that is not buffered.
        let report = "%{stderr}%{num_connects} %{http_code}\n";
        let argv = ["curl", "-sS", "--rate", RATE, "--max-time", "2", "-o", "/dev/null", "-w", report, &url];
        let mut child =
            system.exec(&road.clients[0].id, &argv).stderr(Stdio::piped()).spawn().expect("curl starts");
        let output = child.stderr.take().expect("a pipe");
        let replies = std::sync::Arc::new(Mutex::new(Vec::new()));
        let sink = replies.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                sink.lock().expect("whoever reads does not fail").push((Instant::now(), line));
            }
        });
        Self { child, replies }
    }

    /// Every request was answered, over the first connection, without a pause.
    fn assert_unbroken(&self) {
        let replies = self.replies.lock().expect("the reader does not fail").clone();
        assert!(replies.len() > 100, "only {} replies", replies.len());
        let connects: Vec<_> =
            replies.iter().filter(|(_, line)| line != "0 200").map(|(_, line)| line).collect();
        assert_eq!(connects, ["1 200"], "requests that needed a new connection or failed, after the first");
        let times: Vec<_> = replies.iter().map(|(time, _)| *time).chain([Instant::now()]).collect();
        let pauses = times.windows(2).map(|pair| (pair[1] - pair[0], pair[1]));
        let (longest, end) = pauses.max().expect("more than a hundred replies");
        assert!(longest < SILENCE, "no reply for {longest:?}, until {:?} ago", end.elapsed());
    }

    /// When the last reply came, after there have been none for two seconds.
    fn until_silent(&self) -> Instant {
        loop {
            let last = self
                .replies
                .lock()
                .expect("the reader does not fail")
                .iter()
                .rfind(|(_, line)| line == "0 200")
                .cloned();
            let (last, _) = last.expect("a reply");
            if last.elapsed() > Duration::from_secs(2) {
                return last;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
