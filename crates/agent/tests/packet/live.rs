//! Real sockets through real veth pairs: checksums left to the device, super-packets, ARP, redirects.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use agent::{kernel::frames::Frames, resets::Reset};
use aya::programs::{TcAttachType, tc::qdisc_add_clsact};
use tables::FlowState;

use crate::rig::*;

/// A network namespace that lives as long as its process.
struct Machine(Child);

impl Machine {
    fn new() -> Machine {
        let child = Command::new("unshare").args(["--net", "sleep", "600"]).spawn().expect("unshare");
        let machine = Machine(child);
        let own = std::fs::read_link("/proc/thread-self/ns/net").expect("a namespace");
        let its = format!("/proc/{}/ns/net", machine.0.id());
        while std::fs::read_link(&its).is_ok_and(|ns| ns == own) {
            std::thread::yield_now();
        }
        machine
    }

    /// Moves the far end of the peer's pair into a new namespace and brings it up.
    fn start(peer: Peer) -> Machine {
        let machine = Machine::new();
        let (near, far) = (format!("near{}", peer.index), format!("far{}", peer.index));
        run("ip", &format!("link set {far} netns {}", machine.0.id()));
        run("ip", &format!("link set {near} up"));
        let mac = peer.mac.map(|b| format!("{b:02x}")).join(":");
        machine.run("ip", &format!("link set {far} address {mac} up"));
        machine.run("ip", &format!("address add {}/24 dev {far}", peer.address));
        machine.run("ip", &format!("route add default via {GATEWAY}"));
        machine
    }

    fn command(&self, program: &str, arguments: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.0.id())).arg(program).args(arguments.split(' '));
        command
    }

    fn run(&self, program: &str, arguments: &str) -> String {
        let output = self.command(program, arguments).output().expect("nsenter");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{program} {arguments}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// Waits until something listens on the TCP port: a busy machine takes its time to start a server.
    fn await_listener(&self, port: u16) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.run("ss", &format!("-Hltn sport = :{port}")).is_empty() {
            assert!(Instant::now() < deadline, "nothing listens on port {port} after ten seconds");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(program: &str, arguments: &str) {
    let status = Command::new(program).args(arguments.split(' ')).status().expect("a program");
    assert!(status.success(), "{program} {arguments}");
}

/// A machine for each peer, with the program behind it.
fn plugged<const N: usize>(rig: &mut Rig, peers: [Peer; N]) -> [Machine; N] {
    peers.map(|peer| {
        let machine = Machine::start(peer);
        let near = format!("near{}", peer.index);
        // What a kernel without tcx attaches to; beside tcx it does nothing.
        qdisc_add_clsact(&near).expect("clsact");
        rig.program("ingress").attach(&near, TcAttachType::Ingress).expect("tcx or clsact");
        machine
    })
}

/// What iperf3 says of a transfer between two machines: the line about what was received.
fn received(client: &Machine, server: &Machine, port: u16, arguments: &str) -> String {
    let listen = format!("-s -1 -p {port}");
    let mut iperf = server.command("iperf3", &listen).stdout(Stdio::null()).spawn().expect("iperf3");
    server.await_listener(port);
    let report = client.run("iperf3", arguments);
    iperf.wait().expect("the server ends");
    report.lines().rfind(|line| line.contains("receiver")).expect("a result").to_owned()
}

/// Times that a transfer is measured: whatever else the machine does can make it slower, never faster.
const LOOKS: usize = 3;

/// Of TCP, over five seconds, and no more for many connections than for one.
#[test]
fn a_limited_connection_carries_its_bandwidth_in_both_directions() {
    let mut rig = Rig::new();
    let [ann, one] = &plugged(&mut rig, [ANN, ONE]);
    for (mbit, kind) in
        [(100, "-C cubic"), (400, "-R -C cubic"), (200, "-C cubic -P 4"), (800, "-R -C cubic")]
    {
        rig.limit(mbit, [0, 0]);
        let reaches = |_| {
            let line = received(ann, one, 8080, &format!("-c {ENDPOINT} -p 80 -t 5 -f m {kind}"));
            println!("{mbit} Mbit/s, {kind}: {line}");
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|word| *word == "Mbits/sec").expect("a rate");
            let part = words[at - 1].parse::<f64>().expect("a number") / f64::from(mbit);
            assert!(part < 1.05, "{line} instead of {mbit} Mbit/s");
            part > 0.95
        };
        assert!((0..LOOKS).any(reaches), "{mbit} Mbit/s, {kind}: less each time");
    }
    assert!(rig.drops()[&(ONE.index, tables::DropReason::Limited)] > 0);
}

#[test]
fn sockets_talk_through_an_endpoint_and_inside_a_network() {
    let mut rig = Rig::new();
    let [ann, bob, one] = &plugged(&mut rig, [ANN, BOB, ONE]);
    rig.listener(80, 17, |l| l.idle_timeout = 20);
    // Sums that the device is to finish, then finished ones.
    let kinds = [("on", "-C cubic"), ("on", "-u -b 500M"), ("off", "-C cubic"), ("off", "-u -b 500M")];
    for (server, port, address, at) in [(one, 8080, ENDPOINT, 80), (bob, 5201, BOB.address, 5201)] {
        for (offload, kind) in kinds {
            ann.run("ethtool", &format!("-K far{} tx {offload}", ANN.index));
            let line = received(ann, server, port, &format!("-c {address} -p {at} -t 1 {kind}"));
            println!("{address}: {line}");
            assert!(line.contains("bits/sec") && !line.contains(" 0.00 bits/sec"), "{line}");
        }
    }
    let output = ann.command("iperf3", "-c 10.0.0.250 -p 80").output().expect("nsenter");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("No route to host"), "{said}");
}

/// The link behind a next hop becomes narrower while a connection sends super-packets over it.
#[test]
fn a_path_that_becomes_narrow_in_the_middle_of_a_connection_is_found_out() {
    const FAR: &str = "192.168.5.5";
    let mut rig = Rig::new();
    let [ann, bob] = &plugged(&mut rig, [ANN, BOB]);
    rig.port(ANN, |port| port.table = 7);
    rig.route(7, "192.168.5.0/24", ip(BOB.address));
    rig.route(tables::SOURCES_OF_PORT | BOB.index, "192.168.5.0/24", 1);
    let far = Machine::new();
    bob.run("ip", &format!("link add near type veth peer name far netns {}", far.0.id()));
    bob.run("ip", "address add 192.168.5.1/24 dev near");
    bob.run("ip", "link set near up");
    bob.run("sysctl", "-w net.ipv4.ip_forward=1");
    far.run("ip", &format!("address add {FAR}/24 dev far"));
    far.run("ip", "link set far up");
    far.run("ip", "route add default via 192.168.5.1");
    let mut server = far.command("iperf3", "-s -1").stdout(Stdio::null()).spawn().expect("iperf3");
    far.await_listener(5201);
    let sending = ann.command("iperf3", &format!("-c {FAR} -t 3 -C cubic")).stdout(Stdio::piped()).spawn();
    std::thread::sleep(Duration::from_secs(1));
    bob.run("ip", "link set near mtu 1300");
    let report = sending.expect("iperf3").wait_with_output().expect("a report").stdout;
    server.wait().expect("the server ends");
    let report = String::from_utf8_lossy(&report);
    let sums = ["sender", "receiver"];
    let is_of_a_second =
        |line: &&str| line.contains("bits/sec") && !sums.iter().any(|sum| line.contains(sum));
    let last = report.lines().rfind(is_of_a_second).expect("the last second");
    assert!(!last.contains(" 0.00 "), "{report}");
    assert!(ann.run("ip", &format!("route get {FAR}")).contains(" mtu 1300"));
    assert!(rig.counts()["icmp"] > 0);
}

/// Exchanges a word over TCP, says so, waits, and prints why that ended.
const TALK: &str = r#"
    use IO::Socket::INET;
    $| = 1;
    my $s = $ARGV[0] ? IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 80)
        : IO::Socket::INET->new(LocalPort => 8080, Listen => 1, ReuseAddr => 1);
    $s or die;
    $s = $s->accept unless $ARGV[0];
    my $b;
    syswrite $s, "word";
    sysread $s, $b, 9;
    print "ready\n";
    defined sysread $s, $b, 9 or print "$!\n";
"#;

/// A running program in a machine's namespace, and what it prints.
fn talk(machine: &Machine, peer: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = machine.command("perl", "-e");
    let mut child = command.arg(TALK).args(peer).stdout(Stdio::piped()).spawn().expect("perl");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    (child, output)
}

fn line(from: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("text");
    line.trim().to_owned()
}

/// Cut as the agent does it: an end that has something left to acknowledge is reset after it has done so.
#[test]
fn both_ends_of_a_connection_that_is_cut_take_their_resets() {
    let mut rig = Rig::new();
    let [ann, one] = &plugged(&mut rig, [ANN, ONE]);
    let (mut server, mut of_server) = talk(one, &[]);
    one.await_listener(8080);
    let (mut client, mut of_client) = talk(ann, &[ENDPOINT]);
    assert_eq!((line(&mut of_client), line(&mut of_server)), ("ready".into(), "ready".into()));
    rig.change_flows(|flow| {
        flow.state |= FlowState::Cut as u8;
        flow.epoch -= 1;
    });
    let frames = Frames::here().expect("root");
    let deadline = Instant::now() + Duration::from_secs(10);
    while client.try_wait().expect("a child").is_none() || server.try_wait().expect("a child").is_none() {
        assert!(Instant::now() < deadline, "an end does not take its reset");
        for (key, flow) in rig.flows() {
            let pair = rig.flow(&key.paired(&flow));
            let ends = agent::resets::Ends::of(&flow, |_| None).expect("IPv4");
            let reset = Reset::along(&flow, &pair, ends);
            frames.send(reset.interface, reset.receiver, &reset.frame).expect("sent");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let reset = "Connection reset by peer";
    assert_eq!((line(&mut of_client).as_str(), line(&mut of_server).as_str()), (reset, reset));
}
