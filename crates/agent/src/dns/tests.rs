//! Real queries over real sockets on loopback; 127.0.0.x stands in for the alias of port x.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_server::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_server::proto::rr::{Name, RData, RecordType};
use model::id::{Network, ZoneId};
use model::plan::NamePlan;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::*;

const ENDPOINT: &str = "ep-1.epsrv-1.cn-hangzhou.privatelink.aliyuncs.com";
const CLIENT_G: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);
const CLIENT_K: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 12);
const OTHER_VPC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 13);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 14);
const ADDRESS_G: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const ADDRESS_K: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 5);

struct Resolver {
    at: SocketAddr,
    names: watch::Sender<Arc<NamesView>>,
}

fn view(zone_affinity: bool, addresses: Vec<(Ipv4Addr, &str)>) -> Arc<NamesView> {
    let asker = |network, zone| Asker { network: Network(network), zone: ZoneId::new(zone) };
    let askers = [(CLIENT_G, asker(1, "g")), (CLIENT_K, asker(1, "k")), (OTHER_VPC, asker(2, "g"))];
    let addresses =
        addresses.into_iter().map(|(address, zone)| (address.into(), ZoneId::new(zone))).collect();
    let name = (ENDPOINT.to_owned(), NamePlan { addresses, zone_affinity });
    let names = BTreeMap::from([(Network(1), BTreeMap::from([name])), (Network(2), BTreeMap::new())]);
    Arc::new(NamesView::new(askers.into(), names))
}

fn both(zone_affinity: bool) -> Arc<NamesView> {
    view(zone_affinity, vec![(ADDRESS_G, "g"), (ADDRESS_K, "k")])
}

/// A resolver on loopback that forwards to `upstream`, or to nobody.
fn start(view: Arc<NamesView>, upstream: Option<SocketAddr>) -> Resolver {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(at).unwrap();
    let (names, receiver) = watch::channel(view);
    let upstream = Upstream::at(upstream.unwrap_or_else(|| "127.0.0.1:9".parse().unwrap()));
    tokio::spawn(serve(Sockets { udp: vec![udp], tcp: vec![tcp] }, receiver, upstream));
    Resolver { at, names }
}

fn message(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

impl Resolver {
    async fn send(&self, from: Ipv4Addr, query: &Message) -> Message {
        let socket = tokio::net::UdpSocket::bind((from, 0)).await.unwrap();
        socket.send_to(&query.to_vec().unwrap(), self.at).await.unwrap();
        let mut buffer = [0; 4096];
        let length =
            tokio::time::timeout(Duration::from_secs(4), socket.recv(&mut buffer)).await.unwrap().unwrap();
        Message::from_vec(&buffer[..length]).unwrap()
    }

    async fn ask(&self, from: Ipv4Addr, name: &str, kind: RecordType) -> Message {
        self.send(from, &message(name, kind)).await
    }

    async fn ask_tcp(&self, from: Ipv4Addr, name: &str) -> Message {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let mut stream = socket.connect(self.at).await.unwrap();
        let bytes = message(name, RecordType::A).to_vec().unwrap();
        stream.write_u16(u16::try_from(bytes.len()).unwrap()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut response = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut response).await.unwrap();
        Message::from_vec(&response).unwrap()
    }
}

fn addresses(message: &Message) -> Vec<Ipv4Addr> {
    message
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
        .collect()
}

fn soa(message: &Message) -> Option<String> {
    let found = message.authorities.iter().find(|record| record.record_type() == RecordType::SOA);
    found.map(|record| record.name.to_string())
}

#[tokio::test]
async fn without_zone_affinity_the_own_zone_comes_first() {
    let resolver = start(both(false), None);
    let answer = resolver.ask(CLIENT_K, ENDPOINT, RecordType::A).await;
    assert_eq!(addresses(&answer), [ADDRESS_K, ADDRESS_G]);
    assert!(answer.metadata.authoritative && answer.metadata.recursion_available);
    assert!(answer.answers.iter().all(|record| record.ttl == 5));
    assert_eq!(addresses(&resolver.ask(CLIENT_G, ENDPOINT, RecordType::A).await), [ADDRESS_G, ADDRESS_K]);
}

#[tokio::test]
async fn with_zone_affinity_the_own_zone_comes_alone_while_it_has_an_address() {
    let resolver = start(both(true), None);
    assert_eq!(addresses(&resolver.ask(CLIENT_K, ENDPOINT, RecordType::A).await), [ADDRESS_K]);
    resolver.names.send(view(true, vec![(ADDRESS_G, "g")])).unwrap();
    assert_eq!(addresses(&resolver.ask(CLIENT_K, ENDPOINT, RecordType::A).await), [ADDRESS_G]);
}

#[tokio::test]
async fn names_are_found_in_any_case_and_answered_as_asked() {
    let resolver = start(both(false), None);
    let asked = format!("{}.", ENDPOINT.to_uppercase());
    let answer = resolver.ask(CLIENT_G, &asked, RecordType::A).await;
    assert_eq!(addresses(&answer).len(), 2);
    assert_eq!(answer.queries[0].name().to_string(), asked);
}

#[tokio::test]
async fn a_known_name_has_no_ipv6_address_but_exists() {
    let answer = start(both(false), None).ask(CLIENT_G, ENDPOINT, RecordType::AAAA).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    assert!(answer.answers.is_empty());
    assert_eq!(soa(&answer).as_deref(), Some("privatelink.aliyuncs.com."));
}

#[tokio::test]
async fn a_name_of_another_vpc_does_not_exist_and_is_asked_of_nobody() {
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    upstream.set_nonblocking(true).unwrap();
    let resolver = start(both(false), upstream.local_addr().ok());
    let answer = resolver.ask(OTHER_VPC, ENDPOINT, RecordType::A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(soa(&answer).as_deref(), Some("privatelink.aliyuncs.com."));
    assert!(upstream.recv(&mut [0; 512]).is_err(), "the name was forwarded");
}

#[tokio::test]
async fn strangers_and_any_queries_are_refused() {
    let resolver = start(both(false), None);
    for answer in [
        resolver.ask(STRANGER, ENDPOINT, RecordType::A).await,
        resolver.ask(CLIENT_G, ENDPOINT, RecordType::ANY).await,
        resolver.ask(CLIENT_G, "example.com.", RecordType::AXFR).await,
    ] {
        assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
        assert!(answer.answers.is_empty());
    }
}

#[tokio::test]
async fn a_big_answer_is_cut_over_udp_and_whole_over_tcp() {
    let many: Vec<_> = (0..=99).map(|n| (Ipv4Addr::new(10, 0, 2, n), "g")).collect();
    let resolver = start(view(false, many), None);
    let cut = resolver.ask(CLIENT_G, ENDPOINT, RecordType::A).await;
    assert!(cut.metadata.truncation && addresses(&cut).len() < 100);
    let whole = resolver.ask_tcp(CLIENT_G, ENDPOINT).await;
    assert!(!whole.metadata.truncation);
    assert_eq!(addresses(&whole).len(), 100);
}

#[tokio::test]
async fn edns_is_answered_with_edns_and_a_newer_version_refused() {
    let resolver = start(both(false), None);
    let mut query = message(ENDPOINT, RecordType::A);
    query.edns = Some(Edns::new());
    let answer = resolver.send(CLIENT_G, &query).await;
    assert_eq!(answer.edns.as_ref().map(Edns::version), Some(0));
    query.edns.as_mut().unwrap().set_version(1);
    let answer = resolver.send(CLIENT_G, &query).await;
    assert_eq!(u16::from(answer.metadata.response_code), u16::from(ResponseCode::BADVERS));
    assert!(resolver.ask(CLIENT_G, ENDPOINT, RecordType::A).await.edns.is_none());
}

#[tokio::test]
async fn other_names_are_asked_of_the_hosts_resolver() {
    let askers =
        BTreeMap::from([(Ipv4Addr::LOCALHOST, Asker { network: Network(9), zone: ZoneId::new("g") })]);
    let name = NamePlan { addresses: vec![(ADDRESS_G.into(), ZoneId::new("g"))], zone_affinity: false };
    let names = BTreeMap::from([(Network(9), BTreeMap::from([("www.example.com".to_owned(), name)]))]);
    let host = start(Arc::new(NamesView::new(askers, names)), None);
    let resolver = start(both(false), Some(host.at));
    let answer = resolver.ask(CLIENT_G, "www.example.com.", RecordType::A).await;
    assert_eq!(addresses(&answer), [ADDRESS_G]);
    assert!(!answer.metadata.authoritative);
    let empty = resolver.ask(CLIENT_G, "www.example.com.", RecordType::AAAA).await;
    assert_eq!(empty.metadata.response_code, ResponseCode::NoError);
    assert_eq!(soa(&empty).as_deref(), Some("www.example.com."));
}

#[tokio::test]
async fn a_silent_host_resolver_is_a_failure_within_two_seconds() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = start(both(false), silent.local_addr().ok());
    let mut fastest = Duration::MAX;
    // A machine with other things to do may be late once.
    for _ in 0..3 {
        let begin = Instant::now();
        let answer = resolver.ask(CLIENT_G, "www.example.com.", RecordType::A).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        fastest = fastest.min(begin.elapsed());
        if fastest < Duration::from_millis(2300) {
            return;
        }
    }
    panic!("took {fastest:?}");
}

#[tokio::test]
async fn names_of_a_private_zone_lead_to_others_and_a_circle_ends() {
    use model::plan::ZonePlan;
    use model::private_zone::{ProxyPattern, RecordData};
    let alias = |to: &str| vec![(RecordData::Cname(to.parse().unwrap()), 30)];
    let records = [
        ("service.shop.test", alias(ENDPOINT)),
        ("again.shop.test", alias("service.shop.test")),
        ("round.shop.test", alias("about.shop.test")),
        ("about.shop.test", alias("round.shop.test")),
    ];
    let records = records.map(|(name, records)| (name.to_owned(), records)).into();
    let zone = ZonePlan { proxy: ProxyPattern::Zone, records };
    let zones = BTreeMap::from([(Network(1), BTreeMap::from([("shop.test".to_owned(), zone)]))]);
    let view = both(false).as_ref().clone().with_zones(zones);
    let resolver = start(Arc::new(view), None);

    let answer = resolver.ask(CLIENT_G, "again.shop.test.", RecordType::A).await;
    assert_eq!(addresses(&answer), [ADDRESS_G, ADDRESS_K]);
    let names: Vec<_> = answer.answers.iter().map(|record| record.name.to_string()).collect();
    assert_eq!(names[..2], ["again.shop.test.", "service.shop.test."]);
    let circle = resolver.ask(CLIENT_G, "round.shop.test.", RecordType::A).await;
    assert_eq!(circle.metadata.response_code, ResponseCode::ServFail);
    let nowhere = resolver.ask(CLIENT_G, "no.shop.test.", RecordType::A).await;
    assert_eq!(nowhere.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(soa(&nowhere).as_deref(), Some("shop.test."));
    let elsewhere = resolver.ask(OTHER_VPC, "again.shop.test.", RecordType::A).await;
    assert_eq!(addresses(&elsewhere), [Ipv4Addr::UNSPECIFIED; 0]);
}
