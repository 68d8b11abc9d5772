//! Real sockets through real veth pairs: checksums left to the device, super-packets, ARP, redirects.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aya::programs::{TcAttachType, tc::qdisc_add_clsact};

use crate::rig::*;

/// A network namespace that lives as long as its process.
struct Machine(Child);

impl Machine {
    /// Moves the far end of the peer's pair into a new namespace and brings it up.
    fn start(peer: Peer) -> Machine {
        let child = Command::new("unshare").args(["--net", "sleep", "60"]).spawn().expect("unshare");
        let machine = Machine(child);
        let (near, far) = (format!("near{}", peer.index), format!("far{}", peer.index));
        let own = std::fs::read_link("/proc/thread-self/ns/net").expect("a namespace");
        let its = format!("/proc/{}/ns/net", machine.0.id());
        while std::fs::read_link(&its).is_ok_and(|ns| ns == own) {
            std::thread::yield_now();
        }
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

/// Of TCP, over five seconds, and no more for many connections than for one.
#[test]
fn a_limited_connection_carries_its_bandwidth_in_both_directions() {
    let mut rig = Rig::new();
    let [ann, one] = &plugged(&mut rig, [ANN, ONE]);
    for (mbit, kind) in
        [(100, "-C cubic"), (400, "-R -C cubic"), (200, "-C cubic -P 4"), (800, "-R -C cubic")]
    {
        rig.limit(mbit, [0, 0]);
        let line = received(ann, one, 8080, &format!("-c {ENDPOINT} -p 80 -t 5 -f m {kind}"));
        println!("{mbit} Mbit/s, {kind}: {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "Mbits/sec").expect("a rate");
        let measured: f64 = words[at - 1].parse().expect("a number");
        assert!((measured / f64::from(mbit) - 1.0).abs() < 0.05, "{line} instead of {mbit} Mbit/s");
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
