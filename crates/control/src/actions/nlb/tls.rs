//! TLS of listeners: what a request asks for, what an answer shows, certificates for more names.

use model::command::Command;
use model::command::tls::{AdditionalCertificates, TlsCommand, TlsPatch};
use model::id::CertificateId;
use model::nlb::{Listener, ListenerTls};
use model::refusal::TlsRefusal;
use model::status::CertificateStatus;
use model::words::Words;
use serde_json::{Map, Value, json};

use super::job;
use crate::actions::call::{ids, required_id};
use crate::actions::list::{self, Sizes, among};
use crate::actions::{Action, Call, Param, View, Write, refusal, works};
use crate::rpc::{ApiError, Params, Product};

/// Most certificates in one call.
const MAX_CERTIFICATES: usize = 15;

/// Certificates have shorter pages than other lists.
const PAGE: Sizes = Sizes { default: 20, most: 50 };

pub(super) const CA_ENABLED: Param = works("CaEnabled");
pub(super) const CA_CERTIFICATES: Param = works("CaCertificateIds");
pub(super) const CERTIFICATES: Param = works("CertificateIds");
pub(super) const SECURITY_POLICY: Param = works("SecurityPolicyId");
pub(super) const ALPN_ENABLED: Param = works("AlpnEnabled");
pub(super) const ALPN_POLICY: Param = works("AlpnPolicy");

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "AssociateAdditionalCertificatesWithListener",
        &[works("ListenerId"), works("AdditionalCertificateIds")],
        |call| {
            Ok(Write {
                command: Command::Tls(TlsCommand::AssociateCertificates(additional(call)?)),
                answer: job,
            })
        },
    ),
    Action::write(
        Product::Nlb,
        "DisassociateAdditionalCertificatesWithListener",
        &[works("ListenerId"), works("AdditionalCertificateIds")],
        |call| {
            Ok(Write {
                command: Command::Tls(TlsCommand::DissociateCertificates(additional(call)?)),
                answer: job,
            })
        },
    ),
    Action::read(
        Product::Nlb,
        "ListListenerCertificates",
        &[
            works("ListenerId"),
            works("CertType"),
            works("CertificateIds"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

/// What a request says about TLS.
pub(super) fn patch(params: &Params) -> Result<TlsPatch, ApiError> {
    let given = |name| Ok(Some(ids(params, name)?).filter(|ids: &Vec<CertificateId>| !ids.is_empty()));
    let policy = params.text("SecurityPolicyId").map(|text| {
        let unknown = |_| refusal::not_found(Product::Nlb, model::tables::Kind::SecurityPolicy, text);
        text.parse().map_err(unknown)
    });
    Ok(TlsPatch {
        certificates: given("CertificateIds")?,
        client_authority_enabled: params.flag("CaEnabled")?,
        client_authorities: given("CaCertificateIds")?,
        policy: policy.transpose()?,
        alpn_enabled: params.flag("AlpnEnabled")?,
        alpn: params.word("AlpnPolicy")?,
    })
}

/// TLS of a listener in an answer.
pub(super) fn show(tls: Option<&ListenerTls>) -> Map<String, Value> {
    let authority = tls.and_then(|tls| tls.client_authority.as_ref());
    let alpn = tls.and_then(|tls| tls.alpn);
    let certificate = tls.map(|tls| tls.certificate.as_str());
    let answer = json!({
        "SecurityPolicyId": tls.map(|tls| tls.policy.to_string()).unwrap_or_default(),
        "AlpnEnabled": alpn.is_some(),
        "AlpnPolicy": alpn.map(Words::word).unwrap_or_default(),
        "CaEnabled": authority.is_some(),
        "CaCertificateIds": authority.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "CertificateIds": certificate.iter().collect::<Vec<_>>(),
    });
    if let Value::Object(members) = answer { members } else { Map::new() }
}

fn additional(call: &Call) -> Result<AdditionalCertificates, ApiError> {
    let params = &call.params;
    let certificates: Vec<CertificateId> = ids(params, "AdditionalCertificateIds")?;
    match certificates.len() {
        0 => Err(params.missing("AdditionalCertificateIds")),
        1..=MAX_CERTIFICATES => {
            Ok(AdditionalCertificates { listener: required_id(params, "ListenerId")?, certificates })
        }
        _ => Err(params.illegal(
            "AdditionalCertificateIds",
            format_args!("give at most {MAX_CERTIFICATES} in one request."),
        )),
    }
}

/// What a listener uses a certificate for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Server,
    Ca,
}

const USES: &[(&str, Use)] = &[("Server", Use::Server), ("Ca", Use::Ca)];

struct Used<'a> {
    id: &'a CertificateId,
    is_default: bool,
    status: CertificateStatus,
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let listener = call.owned::<Listener>("ListenerId")?;
    let tls = listener
        .tls
        .as_ref()
        .ok_or_else(|| refusal::error(Product::Nlb, &TlsRefusal::NoTls(listener.id.clone()).into()))?;
    let asked = params.choice("CertType", USES)?.unwrap_or(Use::Server);
    let ids = params.texts("CertificateIds")?;
    let mut found = used(&call.view, tls, asked);
    found.retain(|used| among(&ids, used.id.as_str()));
    let kind = if asked == Use::Ca { "Ca" } else { "Server" };
    let render = |used: &Used| {
        json!({
            "CertificateId": used.id.as_str(),
            "CertificateType": kind,
            "IsDefault": used.is_default,
            "Status": used.status.word(),
        })
    };
    // The default one comes first.
    let key = |used: &Used| format!("{}{}", u8::from(!used.is_default), used.id);
    let mut answer = list::answer(params, &PAGE, "Certificates", found, key, render)?;
    let shown = answer["Certificates"].as_array().into_iter().flatten();
    answer["CertificateIds"] = shown.map(|one| one["CertificateId"].clone()).collect();
    Ok(answer)
}

fn used<'a>(view: &View, tls: &'a ListenerTls, asked: Use) -> Vec<Used<'a>> {
    let settled = |id| Used { id, is_default: true, status: CertificateStatus::Associated };
    match asked {
        Use::Ca => tls.client_authority.iter().map(settled).collect(),
        Use::Server => {
            let more = tls.additional.iter().map(|(id, added)| Used {
                id,
                is_default: false,
                status: view.status().certificate(*added).status,
            });
            std::iter::once(settled(&tls.certificate)).chain(more).collect()
        }
    }
}
