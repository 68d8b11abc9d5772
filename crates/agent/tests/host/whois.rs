//! Who stands behind a connection: what the operator is told, and what the instance that has got it.

use agent::whois::{Caller, Question, Receiver, whois};
use model::id::Revision;
use serde_json::Value;

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, CLIENT_K, Host, SERVER_G, SERVER_K};
use crate::ipv6;
use crate::metadata::get;
use crate::traffic::{Connection, connect, serve};

fn asked(host: &Host, from: &str, receiver: Receiver) -> Vec<Caller> {
    whois(&host.config, &fixture::plan(), &Question { from: from.parse().unwrap(), receiver }).unwrap()
}

/// Through the endpoint to the server whose address is not the client's own too, and where the connection comes from.
fn connected_to_k(host: &Host) -> (Connection, String) {
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    if connection.ask() == "g" {
        connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
        assert_eq!(connection.ask(), "k");
    }
    let source = connection.source().to_string();
    (connection, source)
}

#[test]
fn who_stands_behind_a_connection_is_told_to_the_operator_and_to_the_instance_that_has_got_it() {
    let host = Host::configured("whois");
    let mut plan = fixture::plan();
    ipv6::dress(&mut plan);
    let mut agent = Running::start(&host, Some(plan));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let _servers = host.servers();
    let (connection, source) = connected_to_k(&host);

    let everybody = asked(&host, &source, Receiver::Any);
    let [caller] = &everybody[..] else { panic!("{everybody:?}") };
    assert_eq!(caller.client.unwrap().to_string(), source, "the client's address is preserved");
    assert_eq!((caller.to.port(), &caller.receiver), (80, &fixture::instance(SERVER_K)));
    assert_eq!(caller.eni.as_ref().unwrap().to_string(), "eni-1");
    assert_eq!(caller.asked.unwrap().to_string(), "10.0.1.200:80");
    assert_eq!(asked(&host, &source, Receiver::Vpc("vpc-provider".parse().unwrap())), everybody);
    assert_eq!(asked(&host, &source, Receiver::Instance(fixture::instance(SERVER_K))), everybody);
    for nobody in
        [Receiver::Vpc("vpc-consumer".parse().unwrap()), Receiver::Instance(fixture::instance(CLIENT_K))]
    {
        assert_eq!(asked(&host, &source, nobody), []);
    }
    assert_eq!(asked(&host, "10.0.1.10:1", Receiver::Any), []);

    // The provider's instance is told what the PROXY protocol would tell, and no more; nobody else is told anything.
    let path = format!("isthmus/whois/{source}/80");
    let told: Value = serde_json::from_str(&get(&host, SERVER_K, &path)).unwrap();
    for (name, value) in [
        ("client", source.as_str()),
        ("vpc", "vpc-consumer"),
        ("endpoint", "ep-1"),
        ("service", "epsrv-1"),
        ("listener", "lsn-1@80"),
    ] {
        assert_eq!(told[0][name], value, "{told}");
    }
    assert_eq!(told[0]["account"], 1);
    assert!(["eni", "instance", "asked"].iter().all(|name| told[0][name].is_null()), "{told}");
    for port in [CLIENT_G, CLIENT_K, SERVER_G] {
        assert_eq!(get(&host, port, &path), "404 Not Found\n");
    }
    assert_eq!(get(&host, SERVER_K, "isthmus/whois/10.0.1.10/80"), "400 Bad Request\n");
    assert_eq!(get(&host, SERVER_K, &format!("isthmus/whois/{source}/81")), "404 Not Found\n");

    drop(connection);

    // Within a VPC, all of it, in both families.
    for neighbour in ["10.0.2.10:80", "[fd00:1:0:1::10]:80"] {
        let _neighbour = serve(host.netns(CLIENT_K), neighbour, "n");
        let mut connection = connect(host.netns(CLIENT_G), neighbour).unwrap();
        connection.ask();
        let source = connection.source().to_string();
        let told = get(&host, CLIENT_K, &format!("isthmus/whois/{source}/80"));
        assert!(told.contains(r#""eni":"eni-1""#) && told.contains(r#""instance":"i-1""#), "{told}");
        assert!(told.contains(&format!(r#""client":"{source}""#)), "{told}");
        let escaped = source.replace('[', "%5B").replace(']', "%5D");
        assert_eq!(get(&host, CLIENT_K, &format!("isthmus/whois/{escaped}/80")), told);
    }
}
