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

#[test]
fn sockets_talk_through_an_endpoint_and_inside_a_network() {
    let mut rig = Rig::new();
    let machines = [ANN, BOB, ONE].map(|peer| {
        let machine = Machine::start(peer);
        let near = format!("near{}", peer.index);
        // What a kernel without tcx attaches to; beside tcx it does nothing.
        qdisc_add_clsact(&near).expect("clsact");
        rig.program("ingress").attach(&near, TcAttachType::Ingress).expect("tcx or clsact");
        machine
    });
    let [ann, bob, one] = &machines;
    rig.listener(80, 17, |l| l.idle_timeout = 20);
    // Sums that the device is to finish, then finished ones.
    let kinds = [("on", "-C cubic"), ("on", "-u -b 500M"), ("off", "-C cubic"), ("off", "-u -b 500M")];
    for (server, port, address, at) in [(one, 8080, ENDPOINT, 80), (bob, 5201, BOB.address, 5201)] {
        for (offload, kind) in kinds {
            ann.run("ethtool", &format!("-K far{} tx {offload}", ANN.index));
            let listen = format!("-s -1 -p {port}");
            let mut iperf = server.command("iperf3", &listen).stdout(Stdio::null()).spawn().expect("iperf3");
            server.await_listener(port);
            let report = ann.run("iperf3", &format!("-c {address} -p {at} -t 1 {kind}"));
            iperf.wait().expect("the server ends");
            let line = report.lines().find(|line| line.contains("receiver")).expect("a result");
            println!("{address}: {line}");
            assert!(line.contains("bits/sec") && !line.contains(" 0.00 bits/sec"), "{report}");
        }
    }
    let output = ann.command("iperf3", "-c 10.0.0.250 -p 80").output().expect("nsenter");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("No route to host"), "{said}");
}
