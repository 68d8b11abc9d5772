//! Probes of real sockets on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use model::endpoint::EndpointType;
use model::id::{EndpointIndex, GroupIndex, Network, PortIndex, Revision, ServerGroupIndex, ZoneId};
use model::net::Mac;
use model::nlb::health_check::Exchange;
use model::nlb::{HealthCheckKind, HttpCheck, Scheduler};
use model::plan::{AddressPlan, BehindPlan, EndpointPlan, GroupPlan, PlacePlan, PortPlan, ServerGroupPlan};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use super::*;

mod exact;

struct Loopback;

impl ProbeNetwork for Loopback {
    fn tcp(&self) -> io::Result<TcpSocket> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(socket)
    }

    fn udp(&self) -> io::Result<UdpSocket> {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket)
    }

    fn address(&self, port: PortIndex, _: AddressPlan) -> Ipv4Addr {
        let [_, _, high, low] = port.0.to_be_bytes();
        Ipv4Addr::new(127, 9, high, low)
    }
}

/// Times that something is measured, at most: a machine with other things to do may be late once.
const LOOKS: usize = 3;
const SERVER: PortIndex = PortIndex(1);
const OWN: AddressPlan = AddressPlan::Ipv4(Ipv4Addr::new(10, 0, 0, 7));

async fn ask(to: SocketAddr, kind: HealthCheckKind) -> Result<(), HealthReason> {
    let question = Question {
        port: SERVER,
        server: OWN,
        transport_port: to.port(),
        kind,
        timeout: Duration::from_millis(400),
    };
    check::ask(&Loopback, &question).await
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Loopback.address(SERVER, OWN), 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

fn http_check() -> HttpCheck {
    HttpCheck { head: true, path: "/healthz".into(), domain: None, classes: vec![2, 3], http11: false }
}

/// Asks a server that says `response`, keeps the connection or not, and returns what it was asked.
async fn http(check: HttpCheck, response: &'static str, keep: bool) -> (Result<(), HealthReason>, String) {
    let (listener, at) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(response.as_bytes()).await.unwrap();
        if keep {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let verdict = ask(at, HealthCheckKind::Http(check)).await;
    (verdict, server.await.unwrap())
}

#[tokio::test]
async fn a_server_that_accepts_is_well_and_one_that_refuses_is_not() {
    let (listener, at) = listen().await;
    assert_eq!(ask(at, HealthCheckKind::Tcp).await, Ok(()));
    drop(listener);
    assert_eq!(ask(at, HealthCheckKind::Tcp).await, Err(HealthReason::ConnectFailed));
}

#[tokio::test]
async fn a_server_with_a_full_backlog_times_out() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Loopback.address(SERVER, OWN), 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut held = vec![];
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(at)).await
    {
        held.push(stream);
        assert!(held.len() < 100, "the backlog never fills");
    }
    let mut took = Duration::MAX;
    for _ in 0..LOOKS {
        let begin = Instant::now();
        assert_eq!(ask(at, HealthCheckKind::Tcp).await, Err(HealthReason::ConnectTimeout));
        took = took.min(begin.elapsed());
    }
    assert!((400..500).contains(&took.as_millis()), "took {took:?}");
}

#[tokio::test]
async fn http_asks_as_configured() {
    let (verdict, request) = http(http_check(), "HTTP/1.0 204 No Content\r\n\r\n", false).await;
    assert_eq!(verdict, Ok(()));
    assert!(request.starts_with("HEAD /healthz HTTP/1.0\r\nHost: 10.0.0.7\r\n"), "{request}");
    let check = HttpCheck { head: false, domain: Some("www.shop.cn".into()), http11: true, ..http_check() };
    let (verdict, request) = http(check, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", true).await;
    assert_eq!(verdict, Ok(()));
    assert!(request.starts_with("GET /healthz HTTP/1.1\r\nHost: www.shop.cn\r\n"), "{request}");
}

#[tokio::test]
async fn each_way_for_http_to_fail_has_its_reason() {
    for (response, keep, reason) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", false, HealthReason::HttpCodeNotMatch),
        ("SSH-2.0-OpenSSH_9.2\r\n", true, HealthReason::HttpInvalidHeader),
        ("HTTP/1.1 abc\r\n\r\n", true, HealthReason::HttpInvalidHeader),
        ("HTTP/1.1 200 OK\r\nCont", false, HealthReason::ConnectInterrupt),
        ("", false, HealthReason::ConnectInterrupt),
        ("HTTP/1.1 200 OK\r\n", true, HealthReason::RecvResponseTimeout),
    ] {
        assert_eq!(http(http_check(), response, keep).await.0, Err(reason), "{response:?}");
    }
}

#[test]
fn an_endless_header_is_given_up() {
    let mut response = b"HTTP/1.1 200 OK\r\n".to_vec();
    response.resize(http::MAX_HEADER + 1, b'x');
    assert_eq!(http::verdict(&http_check(), &response), Some(Err(HealthReason::HttpInvalidHeader)));
}

#[tokio::test]
async fn a_silent_udp_server_is_well_and_a_closed_port_is_not() {
    let silent = UdpSocket::bind((Loopback.address(SERVER, OWN), 0)).await.unwrap();
    let at = silent.local_addr().unwrap();
    let begin = Instant::now();
    assert_eq!(ask(at, HealthCheckKind::Udp).await, Ok(()));
    assert!(begin.elapsed() >= Duration::from_millis(395), "judged before the timeout");
    drop(silent);
    assert_eq!(ask(at, HealthCheckKind::Udp).await, Err(HealthReason::ConnectFailed));
}

/// A server that hears `ping` once, and says all of this.
async fn says(server: &UdpSocket, answers: &[&[u8]]) {
    let mut asked = [0; 16];
    let (length, from) = server.recv_from(&mut asked).await.unwrap();
    assert_eq!(&asked[..length], b"ping");
    for answer in answers {
        server.send_to(answer, from).await.unwrap();
    }
}

#[tokio::test]
async fn a_udp_server_that_is_asked_must_answer_as_agreed() {
    let server = UdpSocket::bind((Loopback.address(SERVER, OWN), 0)).await.unwrap();
    let at = server.local_addr().unwrap();
    let texts = Exchange { request: "ping".into(), response: "pong".into() };
    let late = Err(HealthReason::RecvResponseTimeout);
    let cases: [(&[&[u8]], _); 5] = [
        (&[b"pong"], Ok(())),
        (&[b"pong\r\n"], Ok(())),
        (&[b"ping", b"", b"pong"], Ok(())),
        (&[b"pong and more"], late),
        (&[], late),
    ];
    for (answers, expected) in cases {
        let question = ask(at, HealthCheckKind::Exchange(texts.clone()));
        let (outcome, ()) = tokio::join!(question, says(&server, answers));
        assert_eq!(outcome, expected, "{answers:?}");
    }
    drop(server);
    assert_eq!(ask(at, HealthCheckKind::Exchange(texts)).await, Err(HealthReason::ConnectFailed));
}

const FIRST: ServerIndex = ServerIndex(1);

fn group(server: ServerPlan) -> ServerGroupPlan {
    ServerGroupPlan {
        id: "sgp-1".parse().unwrap(),
        scheduler: Scheduler::Wrr,
        ip_version_affinity: false,
        preserve_client_ip: true,
        drain_seconds: None,
        health_check: Some(HealthCheck {
            kind: HealthCheckKind::Tcp,
            port: 0,
            timeout: 1,
            interval: 1,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        }),
        servers: BTreeMap::from([(FIRST, server)]),
    }
}

/// A plan with one server at `at`, on this host.
fn plan(at: SocketAddr, weight: u8) -> HostPlan {
    let zone = ZoneId::new("cn-hangzhou-g");
    let address = Ipv4Addr::new(10, 0, 0, 7);
    let port = PortPlan {
        eni: "eni-1".parse().unwrap(),
        instance: "i-1".parse().unwrap(),
        device: 0,
        network: Network(1),
        zone: zone.clone(),
        address,
        secondary: vec![],
        ipv6: vec![],
        vswitch: "vsw-1".parse().unwrap(),
        subnet: "10.0.0.0/24".parse().unwrap(),
        gateway: Ipv4Addr::new(10, 0, 0, 253),
        mac: Mac::of_port(SERVER),
        table: None,
        sources: vec![],
        groups: vec![],
    };
    let server = ServerPlan {
        port_index: SERVER,
        zone,
        address: address.into(),
        port: at.port(),
        weight,
        place: PlacePlan::Own,
    };
    HostPlan {
        revision: Revision(1),
        host: "host-1".parse().unwrap(),
        vpcs: BTreeMap::new(),
        ports: BTreeMap::from([(SERVER, port)]),
        instances: BTreeMap::new(),
        invocations: BTreeMap::new(),
        groups: BTreeMap::new(),
        vips: BTreeMap::new(),
        listeners: BTreeMap::new(),
        server_groups: BTreeMap::from([(ServerGroupIndex(1), group(server))]),
        endpoints: BTreeMap::new(),
    }
}

/// Where a test keeps its verdicts; removed at the end, and anew by the next run.
struct Memory(PathBuf);

impl Memory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("isthmus-probe-{test}-{}.json", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn prober(&self) -> Prober {
        self.telling(Arc::default())
    }

    fn telling(&self, history: Arc<Probes>) -> Prober {
        Prober::new(Arc::new(Loopback), self.0.clone(), history)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Notes the moment of every connection until dropped.
fn note_probes(listener: TcpListener) -> (tokio::sync::mpsc::UnboundedReceiver<Instant>, JoinHandle<()>) {
    let (note, notes) = tokio::sync::mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        while let Ok((_stream, _)) = listener.accept().await {
            let _ = note.send(Instant::now());
        }
    });
    (notes, server)
}

async fn until(health: &mut watch::Receiver<Reports>, state: HealthState) -> HealthReport {
    let reached = |reports: &Reports| reports.get(&FIRST).is_some_and(|report| report.state == state);
    let wait = tokio::time::timeout(Duration::from_secs(6), health.wait_for(reached));
    wait.await.expect("the verdict never came").unwrap()[&FIRST]
}

/// When probes come, milliseconds: the first after the plan, the second after the first, and the third failure after the last
/// success.
async fn two_successes_and_three_failures() -> [u128; 3] {
    let memory = Memory::new("timing");
    let (listener, at) = listen().await;
    let (mut notes, server) = note_probes(listener);
    let history = Arc::new(Probes::default());
    let mut prober = memory.telling(Arc::clone(&history));
    let mut health = prober.health();
    let begin = Instant::now();
    prober.update(&plan(at, 100));
    assert_eq!(health.borrow()[&FIRST].state, HealthState::Initial);

    let report = until(&mut health, HealthState::Healthy).await;
    assert_eq!(report.reason, None);
    assert!(report.latency_micros > 0);
    let (first, second) = (notes.recv().await.unwrap(), notes.recv().await.unwrap());
    server.abort();
    let report = until(&mut health, HealthState::Unhealthy).await;
    assert_eq!(report.reason, Some(HealthReason::ConnectFailed));
    let took = second.elapsed().as_millis();
    let told: Vec<_> = history.of(FIRST).into_iter().map(|probe| (probe.state, probe.reason)).collect();
    let failed = Some(HealthReason::ConnectFailed);
    assert_eq!(told[..2], [(HealthState::Initial, None), (HealthState::Healthy, None)]);
    assert_eq!(
        told[2..],
        [(HealthState::Healthy, failed), (HealthState::Healthy, failed), (HealthState::Unhealthy, failed)]
    );
    [(first - begin).as_millis(), (second - first).as_millis(), took]
}

#[tokio::test]
async fn two_successes_raise_three_failures_fell_and_probes_keep_their_interval() {
    let mut late = vec![];
    for _ in 0..LOOKS {
        let [first, second, third] = two_successes_and_three_failures().await;
        assert!(second >= 900 && third >= 2900, "too early: {second} and {third} ms");
        if first < 100 && second < 1100 && third < 3100 {
            return;
        }
        late.push([first, second, third]);
    }
    panic!("late each time: {late:?} ms");
}

#[tokio::test]
async fn a_plan_that_leaves_a_server_alone_does_not_disturb_its_probes() {
    let memory = Memory::new("diff");
    let (listener, at) = listen().await;
    let (mut notes, _server) = note_probes(listener);
    let mut prober = memory.prober();
    let begin = Instant::now();
    for weight in 0..15 {
        prober.update(&plan(at, weight));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut count = 0;
    while notes.try_recv().is_ok() {
        count += 1;
    }
    let took = begin.elapsed();
    assert_eq!(count, took.as_secs() + 1, "in {took:?}");

    let mut without = plan(at, 0);
    without.server_groups.clear();
    prober.update(&without);
    assert!(prober.health().borrow().is_empty());
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(notes.try_recv().is_err(), "a server that left the plan is still probed");
}

#[tokio::test]
async fn a_restart_begins_with_the_last_verdict() {
    let memory = Memory::new("restart");
    let (listener, at) = listen().await;
    let mut prober = memory.prober();
    prober.update(&plan(at, 100));
    until(&mut prober.health(), HealthState::Healthy).await;
    while !std::fs::read_to_string(&memory.0).is_ok_and(|text| text.contains("Healthy")) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop((prober, listener));

    let mut prober = memory.prober();
    let mut health = prober.health();
    prober.update(&plan(at, 100));
    assert_eq!(health.borrow_and_update()[&FIRST].state, HealthState::Healthy);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let report = health.borrow()[&FIRST];
    assert_eq!((report.state, report.reason), (HealthState::Healthy, Some(HealthReason::ConnectFailed)));
}

#[test]
fn unreadable_verdicts_are_forgotten() {
    let memory = Memory::new("garbage");
    std::fs::write(&memory.0, "{\"1\":\"Hea").unwrap();
    assert_eq!(memory::load(&memory.0), Verdicts::new());
}

/// A server behind a Reverse endpoint whose group lets everything out, or nothing.
fn abroad(at: SocketAddr, open: bool, egress_default: bool) -> HostPlan {
    let mut plan = plan(at, 100);
    let (endpoint, source, port) = (EndpointIndex(1), Ipv4Addr::new(10, 0, 0, 150), PortIndex(9));
    let place = BehindPlan { endpoint, network: Network(1), source, port, open };
    let group = plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap();
    group.servers.get_mut(&FIRST).unwrap().place = PlacePlan::Behind(place);
    let exit = GroupPlan {
        id: "sg-1".parse().unwrap(),
        network: Network(1),
        inner_access: false,
        egress_default,
        ingress: vec![],
        egress: vec![],
        members: vec![source],
        ipv6_members: vec![],
    };
    plan.groups.insert(GroupIndex(1), exit);
    let endpoint = EndpointPlan {
        id: "ep-1".parse().unwrap(),
        kind: EndpointType::Reverse,
        network: Network(1),
        service: "epsrv-1".parse().unwrap(),
        connection: Network(2),
        bandwidth: None,
        groups: vec![GroupIndex(1)],
        zones: vec![],
    };
    plan.endpoints.insert(EndpointIndex(1), endpoint);
    plan
}

#[tokio::test]
async fn of_a_server_abroad_nothing_is_asked_that_the_endpoint_does_not_let_out() {
    let memory = Memory::new("abroad");
    let (listener, at) = listen().await;
    let (mut notes, server) = note_probes(listener);
    let mut prober = memory.prober();
    let mut health = prober.health();
    prober.update(&abroad(at, true, false));
    let report = until(&mut health, HealthState::Unhealthy).await;
    assert_eq!(report.reason, Some(HealthReason::ConnectTimeout));
    assert!(notes.try_recv().is_err(), "nobody came");
    prober.update(&abroad(at, true, true));
    until(&mut health, HealthState::Healthy).await;
    assert!(notes.try_recv().is_ok());
    prober.update(&abroad(at, false, true));
    assert_eq!(health.borrow().get(&FIRST), None, "while the endpoint is closed nobody judges");
    server.abort();
}
