//! What `isthmus up --metrics` shows is what happens, in Prometheus' own words; alerts and dashboard ask for what is there.

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use control::rpc::Product;
use isthmus::client::Client;
use isthmus::walkthrough::{Road, Session};

use support::{PROGRAM, free_address, purge};

/// Longest wait for a daemon or a figure.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn metrics_tell_what_happens() {
    let mut system = System::start();
    let client = Client::new(&format!("http://{}", system.listen), "dev", "dev");
    let mut quiet = |_: isthmus::walkthrough::Event<'_>| {};
    let road = Road::build(&client, &mut quiet).expect("the walkthrough");

    let refused = r#"reason="not_connected""#;
    assert_eq!(system.sum("isthmus_dropped_packets_total", refused), 0.0);
    system.fetch(&road, false);
    assert!(system.sum("isthmus_dropped_packets_total", refused) >= 1.0, "a dropped packet is counted");

    let mut session = Session::new(&client, &mut quiet);
    road.allow(&mut session).expect("the provider allows");
    road.until_connection(&mut session, "Connected").expect("connected");
    let new = |event: &str| system.sum("isthmus_packets_total", event);
    let before = (new(r#"event="new_flow""#), new(r#"event="forwarded""#));
    system.fetch(&road, true);
    assert!(new(r#"event="new_flow""#) > before.0, "a new connection is counted");
    assert!(new(r#"event="forwarded""#) > before.1, "its packets are counted");
    assert!(system.sum("isthmus_connections", "") >= 1.0);
    assert_eq!(system.sum("isthmus_flow_events_lost_total", ""), 0.0, "every event is taken up");

    system.until("both servers are healthy", |system| system.sum("isthmus_server_healthy", "") == 2.0);
    let connected = r#"kind="endpoint_connection",status="Connected""#;
    assert_eq!(system.sum("isthmus_resources", connected), 1.0);
    traffic_is_counted(&mut system, &road);
    requests_are_counted(&system, &client);
    system.until("the host has followed", |system| {
        system.sum("isthmus_host_observed_revision", "") == system.sum("isthmus_store_revision", "")
    });
    the_text_is_good(&system.text());
    alerts_and_dashboard_ask_for_what_is_there(&system.text());
}

/// By the ids of the API, on each side, and on after a restart of the daemon.
fn traffic_is_counted(system: &mut System, road: &Road) {
    let of = |what: &str, id: &str| (format!("isthmus_{what}"), format!(r#"{what}="{id}""#));
    let (listener, endpoint) = (of("listener", &road.listener), of("endpoint", &road.endpoint));
    let server = ("isthmus_server".to_owned(), format!(r#"server_group="{}""#, road.server_group));
    for (name, labels) in [&listener, &endpoint, &server] {
        let zone = if name.ends_with("server") {
            labels.clone()
        } else {
            format!(r#"{labels},zone="{}""#, road.zones[0].zone)
        };
        let one = format!("{name}_connections_total");
        assert_eq!(system.sum(&one, &zone), 1.0, "{one}{{{zone}}}");
        assert_eq!(system.sum(&one, labels), 1.0, "nothing but what came is counted");
        let bytes = |direction| system.sum_of(&format!("{name}_bytes_total"), &[labels, direction]);
        assert!(bytes("sent") > 300.0 && bytes("received") > 300.0, "both directions of {name}");
        let open = format!("{name}_connections");
        system.until("the connection has ended", |system| system.sum(&open, labels) == 0.0);
    }
    let rose = |system: &System| system.sum(&format!("{}_bytes_total", listener.0), &listener.1);
    // The connection's entries are removed meanwhile: what they have carried stays.
    system.until("the connection is forgotten", |system| {
        system.sum("isthmus_map_entries", r#"map="carried""#) > 0.0
    });
    let before = rose(system);
    system.restart();
    assert!(rose(system) >= before && before > 600.0, "counters survive the daemon");
    system.fetch(road, true);
    let connections = format!("{}_connections_total", listener.0);
    assert_eq!(system.sum(&connections, &listener.1), 2.0, "and go on");
}

fn requests_are_counted(system: &System, client: &Client) {
    let requests = |code: &str| {
        let labels = format!(r#"action="CreateVpc",code="{code}""#);
        system.sum("isthmus_api_requests_total", &labels)
    };
    let commits = || system.sum("isthmus_store_commit_duration_seconds_count", "");
    let before = (requests("OK"), commits());
    let create = |range: &str| {
        let parameters = [("RegionId", "cn-hangzhou"), ("CidrBlock", range)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        client.call(Product::Vpc, "CreateVpc", &parameters)
    };
    create("10.9.0.0/16").expect("a VPC");
    let refused = create("nonsense").expect_err("that is no range").code().expect("a code").to_owned();
    assert_eq!(requests("OK"), before.0 + 1.0);
    assert!(requests(&refused) >= 1.0, "{refused} is counted");
    assert!(commits() > before.1, "a change was committed");
    let durations = r#"product="Vpc",action="CreateVpc""#;
    let count = system.sum("isthmus_api_request_duration_seconds_count", durations);
    let all = system.sum("isthmus_api_requests_total", r#"action="CreateVpc""#);
    assert_eq!(count, all, "every request has its duration");
}

/// As Prometheus' own tool says.
fn the_text_is_good(text: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts: it is in Debian's package prometheus");
    promtool.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let complaints = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && complaints.is_empty(), "{}", String::from_utf8_lossy(&complaints));
}

fn alerts_and_dashboard_ask_for_what_is_there(text: &str) {
    let rules = deploy("prometheus/isthmus.rules.yml");
    for (verb, path) in [("check", &rules), ("test", &deploy("prometheus/isthmus.rules.test.yml"))] {
        let status =
            Command::new("promtool").args([verb, "rules"]).arg(path).status().expect("promtool starts");
        assert!(status.success(), "promtool {verb} rules {}", path.display());
    }
    let there: BTreeSet<&str> = text.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for path in [rules, deploy("grafana/isthmus.json")] {
        let asked = std::fs::read_to_string(&path).expect("the file");
        let names = asked.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        for name in names.filter(|name| name.starts_with("isthmus_")) {
            assert!(there.contains(name), "{} asks for {name}, which is not there", path.display());
        }
    }
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// A system of the test's own; what a killed run has left is removed by the next one.
struct System {
    state: PathBuf,
    listen: String,
    metrics: String,
    daemon: Child,
}

impl System {
    fn start() -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics");
        purge(&state);
        let (listen, metrics) = (free_address(), free_address());
        let daemon = Self::daemon(&state, &listen, &metrics);
        let system = Self { state, listen, metrics, daemon };
        system.until("the daemon answers", |system| system.try_text().is_some());
        system
    }

    fn daemon(state: &Path, listen: &str, metrics: &str) -> Child {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", PROGRAM, "up", "--dev", "--listen", listen]);
        command.args(["--metrics", metrics, "--state"]).arg(state).stdin(Stdio::null());
        command.spawn().expect("setpriv starts")
    }

    /// The daemon ends without warning, and starts again.
    fn restart(&mut self) {
        self.daemon.kill().expect("a running daemon");
        self.daemon.wait().expect("its end");
        self.daemon = Self::daemon(&self.state, &self.listen, &self.metrics);
        let followed = "isthmus_host_observed_revision";
        self.until("the host has followed", |system| {
            system.try_text().is_some_and(|text| text.contains(followed)) && system.sum(followed, "") > 0.0
        });
    }

    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}:\n{:?}", self.try_text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn text(&self) -> String {
        self.try_text().expect("the metrics")
    }

    fn try_text(&self) -> Option<String> {
        let url = format!("http://{}/metrics", self.metrics);
        let output =
            Command::new("curl").args(["-fsS", "--max-time", "10", &url]).stderr(Stdio::null()).output();
        let output = output.expect("curl starts");
        output.status.success().then(|| String::from_utf8(output.stdout).expect("UTF-8"))
    }

    /// The sum of a metric's samples that have these labels.
    fn sum(&self, name: &str, labels: &str) -> f64 {
        self.sum_of(name, &[labels])
    }

    fn sum_of(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.text();
        let samples = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        let wanted = samples.filter(|line| labels.iter().all(|label| line.contains(label)));
        wanted.map(|line| line.rsplit(' ').next().unwrap_or_default().parse::<f64>().expect("a number")).sum()
    }

    /// ECS 01 asks for a page through the endpoint.
    fn fetch(&self, road: &Road, expected: bool) {
        let url = format!("http://{}/", road.zones[0].address);
        let mut command = Command::new(PROGRAM);
        command.arg("exec").arg("--state").arg(&self.state).args([road.clients[0].id.as_str(), "--"]);
        command.args(["curl", "-sS", "--max-time", "3", &url]).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status().expect("the program starts");
        assert_eq!(status.success(), expected, "whether the page came");
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = Command::new(PROGRAM).args(["down", "--purge", "--state"]).arg(&self.state).status();
        let _ = self.daemon.wait();
    }
}
