//! Metadata: every instance is told about itself, and of nobody else.

use std::process::Command;

use model::id::{PortIndex, Revision};
use model::instance::MetadataOptions;
use model::plan::HostPlan;

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, CLIENT_K, Host, SERVER_G};

/// What `curl` prints inside an instance's namespace; the service may begin to listen a moment after the plan is observed.
fn curl(host: &Host, port: PortIndex, arguments: &str) -> String {
    let netns = host.netns(port).path();
    let script =
        format!("nsenter --net={} curl -gsS -m 5 --retry 5 --retry-connrefused {arguments}", netns.display());
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    // Tries that came too early are complained of, too.
    let complaint = if output.status.success() { vec![] } else { output.stderr };
    String::from_utf8([output.stdout, complaint].concat()).unwrap()
}

pub(crate) fn get(host: &Host, port: PortIndex, path: &str) -> String {
    curl(host, port, &format!("http://100.100.100.200/latest/{path}"))
}

fn plan() -> HostPlan {
    let mut plan = fixture::plan();
    let client = plan.instances.get_mut(&fixture::instance(CLIENT_G)).unwrap();
    client.user_data = Some(b"#!/bin/sh\n".to_vec());
    client.authorized_key = Some("ssh-rsa AAAA pair".to_owned());
    plan.ports.get_mut(&CLIENT_G).unwrap().secondary = vec![[10, 0, 1, 11].into()];
    plan
}

#[test]
fn an_instance_is_told_about_itself_and_about_nobody_else() {
    let host = Host::configured("metadata");
    let mut plan = plan();
    let mut agent = Running::start(&host, Some(plan.clone()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    // Both have the address 10.0.1.10, in two VPCs.
    for (port, vpc) in [(CLIENT_G, "vpc-consumer"), (SERVER_G, "vpc-provider")] {
        assert_eq!(get(&host, port, "meta-data/instance-id"), fixture::instance(port).to_string());
        assert_eq!(get(&host, port, "meta-data/private-ipv4"), "10.0.1.10");
        assert_eq!(get(&host, port, "meta-data/vpc-id"), vpc);
    }
    let mac = get(&host, CLIENT_G, "meta-data/mac");
    let interface = format!("meta-data/network/interfaces/macs/{mac}");
    assert_eq!(get(&host, CLIENT_G, "meta-data/network/interfaces/macs/"), format!("{mac}/"));
    assert_eq!(get(&host, CLIENT_G, &format!("{interface}/private-ipv4s")), r#"["10.0.1.10","10.0.1.11"]"#);
    assert_eq!(get(&host, CLIENT_G, &format!("{interface}/netmask")), "255.255.255.0");
    assert_eq!(get(&host, CLIENT_G, "meta-data/dns-conf/nameservers"), "100.100.2.136\n100.100.2.138");
    assert_eq!(get(&host, CLIENT_G, "meta-data/public-keys/0/openssh-key"), "ssh-rsa AAAA pair");
    assert_eq!(get(&host, CLIENT_G, ""), "meta-data/\nuser-data");
    assert_eq!(get(&host, CLIENT_G, "user-data"), "#!/bin/sh\n");
    assert_eq!(get(&host, CLIENT_K, "user-data"), "404 Not Found\n");
    assert!(get(&host, CLIENT_G, "meta-data/").contains("instance-id\n"));
    assert_eq!(get(&host, CLIENT_G, "meta-data/no-such-thing"), "404 Not Found\n");

    plan.revision = Revision(2);
    plan.instances.get_mut(&fixture::instance(CLIENT_G)).unwrap().host_name = "renamed".to_owned();
    agent.send(&plan);
    agent.wait("the new plan is observed", |report| report.observed == Revision(2));
    assert_eq!(get(&host, CLIENT_G, "meta-data/hostname"), "renamed");
}

#[test]
fn a_token_is_good_where_it_was_given() {
    let host = Host::configured("token");
    let mut agent = Running::start(&host, Some(plan()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let ask = |port, ttl: &str| {
        let header = format!("-H 'X-aliyun-ecs-metadata-token-ttl-seconds: {ttl}'");
        curl(&host, port, &format!("-X PUT {header} http://100.100.100.200/latest/api/token"))
    };
    let show = |port, token: &str| {
        let header = format!("-H 'X-aliyun-ecs-metadata-token: {token}'");
        curl(&host, port, &format!("{header} http://100.100.100.200/latest/meta-data/zone-id"))
    };
    let token = ask(CLIENT_G, "60");
    assert_eq!(show(CLIENT_G, &token), "cn-hangzhou-g");
    assert_eq!(show(SERVER_G, &token), "401 Unauthorized\n");
    assert_eq!(show(CLIENT_G, "0.00"), "401 Unauthorized\n");
    for ttl in ["0", "21601", "soon"] {
        assert_eq!(ask(CLIENT_G, ttl), "400 Bad Request\n");
    }
    let url = "http://100.100.100.200/latest/meta-data/";
    assert_eq!(curl(&host, CLIENT_G, &format!("-X POST {url}")), "405 Method Not Allowed\n");
}

#[test]
fn an_instance_asks_as_it_was_made_to() {
    let host = Host::configured("options");
    let mut plan = plan();
    let mut options = |port, off, needs_token| {
        let instance = plan.instances.get_mut(&fixture::instance(port)).unwrap();
        instance.about.options = MetadataOptions { off, needs_token };
    };
    options(CLIENT_G, false, true);
    options(CLIENT_K, true, false);
    let mut agent = Running::start(&host, Some(plan));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let ask =
        "-X PUT -H 'X-aliyun-ecs-metadata-token-ttl-seconds: 60' http://100.100.100.200/latest/api/token";
    let zone = "http://100.100.100.200/latest/meta-data/zone-id";
    assert_eq!(curl(&host, CLIENT_G, zone), "401 Unauthorized\n");
    let token = curl(&host, CLIENT_G, ask);
    assert_eq!(
        curl(&host, CLIENT_G, &format!("-H 'X-aliyun-ecs-metadata-token: {token}' {zone}")),
        "cn-hangzhou-g"
    );
    for arguments in [ask, zone] {
        assert_eq!(curl(&host, CLIENT_K, arguments), "403 Forbidden\n");
    }
    assert_eq!(curl(&host, SERVER_G, zone), "cn-hangzhou-g");
}
