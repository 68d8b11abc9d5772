//! One query in, one response out.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Edns, Metadata, OpCode, Query, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, SOA};
use hickory_server::proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::sync::watch;

use super::forward::{Reply, Upstream};
use super::names::{Asker, NamesView, Verdict, own_domain};
use super::zones::{Finding, wire_name};

/// Seconds that a client may keep an answer about our names. Short, because allowing, denying and moving an endpoint
/// is meant to be seen at once; not zero, so that a busy client does not ask for every connection.
const TTL: u32 = 5;
/// Most names that lead from one to the next before the resolver gives up: a circle never ends.
const LONGEST_CHAIN: usize = 10;
/// Largest UDP response, bytes: the size that DNS Flag Day 2020 found to pass everywhere without fragments.
const MAX_UDP: u16 = 1232;

pub(super) struct Handler {
    names: watch::Receiver<Arc<NamesView>>,
    upstream: Upstream,
}

struct Answer {
    code: ResponseCode,
    authoritative: bool,
    answers: Vec<Record>,
    soa: Option<Record>,
}

impl Handler {
    pub(super) fn new(names: watch::Receiver<Arc<NamesView>>, upstream: Upstream) -> Self {
        Self { names, upstream }
    }

    async fn answer(&self, request: &Request) -> Answer {
        let query = match check(request) {
            Ok(query) => query,
            Err(code) => return Answer::only(code),
        };
        let view = self.names.borrow().clone();
        let IpAddr::V4(source) = request.src().ip() else { return Answer::only(ResponseCode::Refused) };
        match view.asker(source) {
            None => Answer::only(ResponseCode::Refused),
            Some(asker) => self.resolve(&view, asker, query).await,
        }
    }

    /// Follows other names for the asked one to the end.
    async fn resolve(&self, view: &NamesView, asker: &Asker, query: &Query) -> Answer {
        let (mut chain, mut query) = (Vec::new(), query.clone());
        for _ in 0..LONGEST_CHAIN {
            let text = query.name().to_lowercase().to_ascii();
            let name = text.trim_end_matches('.');
            let answer = match view.verdict(asker, name, query.query_type()) {
                Verdict::InZone(_, Finding::Alias(target, ttl)) => {
                    let Some(target) = wire_name(&target) else { break };
                    let alias = RData::CNAME(CNAME(target.clone()));
                    chain.push(Record::from_rdata(query.name().clone(), ttl, alias));
                    query.set_name(target);
                    continue;
                }
                Verdict::InZone(_, Finding::Elsewhere) | Verdict::Elsewhere => {
                    self.upstream.ask(&query).await.into()
                }
                verdict => local(&query, name, verdict),
            };
            return answer.after(chain);
        }
        Answer::only(ResponseCode::ServFail)
    }
}

/// An answer that needs nobody else.
fn local(query: &Query, name: &str, verdict: Verdict<'_>) -> Answer {
    match verdict {
        Verdict::Addresses(list) => {
            let records: Vec<_> = list.into_iter().filter(|it| kind(it) == query.query_type()).collect();
            if records.is_empty() {
                return Answer::negative(ResponseCode::NoError, own_domain(name).unwrap_or(name));
            }
            Answer::addresses(query.name(), records)
        }
        Verdict::InZone(_, Finding::Records(records)) => Answer::records(query.name(), records),
        Verdict::InZone(domain, Finding::NoData) => Answer::negative(ResponseCode::NoError, domain),
        Verdict::InZone(domain, Finding::NoName) | Verdict::Nowhere(domain) => {
            Answer::negative(ResponseCode::NXDomain, domain)
        }
        Verdict::InZone(_, Finding::Alias(..) | Finding::Elsewhere) | Verdict::Elsewhere => {
            Answer::only(ResponseCode::ServFail)
        }
    }
}

/// The type of the record that holds an address.
fn kind(address: &IpAddr) -> RecordType {
    match address {
        IpAddr::V4(_) => RecordType::A,
        IpAddr::V6(_) => RecordType::AAAA,
    }
}

/// The one question of a request that this resolver is willing to answer.
fn check(request: &Request) -> Result<&Query, ResponseCode> {
    if request.version() > 0 {
        return Err(ResponseCode::BADVERS);
    }
    if request.metadata.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    let query = request.request_info().map_err(|_| ResponseCode::FormErr)?.query.original();
    let refused = [RecordType::ANY, RecordType::AXFR, RecordType::IXFR];
    if query.query_class() != DNSClass::IN || refused.contains(&query.query_type()) {
        return Err(ResponseCode::Refused);
    }
    Ok(query)
}

impl Answer {
    fn only(code: ResponseCode) -> Self {
        Self { code, authoritative: false, answers: vec![], soa: None }
    }

    fn addresses(name: &Name, list: Vec<IpAddr>) -> Self {
        let data = |address| match address {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        Self::records(name, list.into_iter().map(|address| (data(address), TTL)).collect())
    }

    fn records(name: &Name, records: Vec<(RData, u32)>) -> Self {
        let record = |(data, ttl)| Record::from_rdata(name.clone(), ttl, data);
        let answers = records.into_iter().map(record).collect();
        Self { code: ResponseCode::NoError, authoritative: true, answers, soa: None }
    }

    /// The same behind the names that led here.
    fn after(mut self, mut chain: Vec<Record>) -> Self {
        chain.append(&mut self.answers);
        Self { answers: chain, ..self }
    }

    fn negative(code: ResponseCode, domain: &str) -> Self {
        Self { code, authoritative: true, answers: vec![], soa: soa(domain) }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { code: reply.code, authoritative: false, answers: reply.answers, soa: reply.soa }
    }
}

/// The record that tells how long a negative answer may be kept (RFC 2308, section 3).
fn soa(domain: &str) -> Option<Record> {
    let apex = Name::from_ascii(format!("{domain}.")).ok()?;
    let contact = apex.prepend_label("hostmaster").ok()?;
    let rdata = SOA::new(apex.clone(), contact, 1, 3600, 600, 86_400, TTL);
    Some(Record::from_rdata(apex, TTL, RData::SOA(rdata)))
}

/// What a response to an EDNS request must carry (RFC 6891, section 6.1.1), never more than the client takes.
fn edns(request: &Request, code: ResponseCode) -> Option<Edns> {
    request.edns.as_ref()?;
    let mut edns = Edns::new();
    edns.set_max_payload(request.max_payload().min(MAX_UDP));
    edns.set_rcode_high(code.high());
    Some(edns)
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let answer = self.answer(request).await;
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = answer.code;
        metadata.authoritative = answer.authoritative;
        metadata.recursion_available = true;
        let edns = edns(request, answer.code);
        let builder = MessageResponseBuilder::new(&request.queries, edns.as_ref());
        let message = builder.build(metadata, &answer.answers, [], answer.soa.as_ref(), []);
        response.send_response(message).await.unwrap_or_else(|error| {
            tracing::debug!(%error, client = %request.src(), "an answer could not be sent");
            unsent(metadata)
        })
    }
}

/// The trait wants to know what was sent even when nothing was.
fn unsent(metadata: Metadata) -> ResponseInfo {
    use hickory_server::proto::op::{Header, HeaderCounts};
    Header { metadata, counts: HeaderCounts::default() }.into()
}
