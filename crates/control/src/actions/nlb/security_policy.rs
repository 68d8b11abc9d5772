//! Security policies: which TLS versions and cipher suites a listener speaks.

use std::sync::Arc;

use model::command::Command;
use model::command::tls::{CreateSecurityPolicy, TlsCommand, UpdateSecurityPolicy};
use model::nlb::Listener;
use model::tls::{SecurityPolicy, SystemPolicy};
use model::words::Words;
use serde_json::{Value, json};

use super::{PAGE, job};
use crate::actions::call::{labels, name, required_id};
use crate::actions::list::{self, Labelled, among};
use crate::actions::{Action, Call, View, Write, works};
use crate::rpc::{ApiError, Params, Product};

/// Most versions in one policy.
const MAX_VERSIONS: usize = 4;
/// Most suites in one policy.
const MAX_CIPHERS: usize = 32;

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "CreateSecurityPolicy",
        &[
            works("SecurityPolicyName"),
            works("TlsVersions"),
            works("Ciphers"),
            works("ResourceGroupId"),
            works("Tag"),
        ],
        create,
    ),
    Action::write(
        Product::Nlb,
        "UpdateSecurityPolicyAttribute",
        &[works("SecurityPolicyId"), works("SecurityPolicyName"), works("TlsVersions"), works("Ciphers")],
        update,
    ),
    Action::write(Product::Nlb, "DeleteSecurityPolicy", &[works("SecurityPolicyId")], |call| {
        Ok(Write::silent(Command::Tls(TlsCommand::DeleteSecurityPolicy(required_id(
            &call.params,
            "SecurityPolicyId",
        )?))))
    }),
    Action::read(
        Product::Nlb,
        "ListSecurityPolicy",
        &[
            works("SecurityPolicyIds"),
            works("SecurityPolicyNames"),
            works("ResourceGroupId"),
            works("Tag"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
    Action::read(Product::Nlb, "ListSystemSecurityPolicy", &[], list_system),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = CreateSecurityPolicy {
        labels: labels(params, Some("SecurityPolicyName"), None)?,
        versions: words(params, "TlsVersions", MAX_VERSIONS)?.ok_or_else(|| params.missing("TlsVersions"))?,
        ciphers: words(params, "Ciphers", MAX_CIPHERS)?.ok_or_else(|| params.missing("Ciphers"))?,
    };
    Ok(Write { command: Command::Tls(TlsCommand::CreateSecurityPolicy(command)), answer: job })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateSecurityPolicy {
        policy: required_id(params, "SecurityPolicyId")?,
        name: name(params, "SecurityPolicyName")?,
        versions: words(params, "TlsVersions", MAX_VERSIONS)?,
        ciphers: words(params, "Ciphers", MAX_CIPHERS)?,
    };
    Ok(Write { command: Command::Tls(TlsCommand::UpdateSecurityPolicy(command)), answer: job })
}

/// Words of an enumeration in a list; `None` when there are none.
fn words<T: Words>(params: &Params, name: &str, most: usize) -> Result<Option<Vec<T>>, ApiError> {
    let texts = params.texts(name)?;
    if texts.len() > most {
        return Err(params.illegal(name, format_args!("give at most {most}.")));
    }
    let parse =
        |text: &String| T::parse(text).map_err(|error| params.illegal(name, format_args!("{error}.")));
    let words = texts.iter().map(parse).collect::<Result<Vec<T>, ApiError>>()?;
    Ok(Some(words).filter(|words| !words.is_empty()))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    let (ids, names) = (params.texts("SecurityPolicyIds")?, params.texts("SecurityPolicyNames")?);
    let wanted = |row: &&Arc<SecurityPolicy>| {
        labelled.takes(&row.meta) && among(&ids, row.id.as_str()) && among(&names, row.meta.name.as_str())
    };
    let found = call.all_owned::<SecurityPolicy>().filter(wanted).collect();
    let render = |row: &&Arc<SecurityPolicy>| show(&call.view, row);
    list::answer(params, &PAGE, "SecurityPolicies", found, |row| row.id.to_string(), render)
}

fn list_system(_: &Call) -> Result<Value, ApiError> {
    let show = |(id, policy): &(&str, SystemPolicy)| {
        json!({
            "SecurityPolicyId": id,
            "SecurityPolicyName": id,
            "TlsVersion": joined(&policy.versions()),
            "Ciphers": joined(&policy.ciphers()),
        })
    };
    Ok(json!({ "SecurityPolicies": SystemPolicy::ALL.iter().map(show).collect::<Vec<_>>() }))
}

fn show(view: &View, row: &SecurityPolicy) -> Value {
    json!({
        "SecurityPolicyId": row.id.as_str(),
        "SecurityPolicyName": row.meta.name.as_str(),
        "SecurityPolicyStatus": view.status().security_policy(row).status.word(),
        "TlsVersion": joined(&row.versions),
        "Ciphers": joined(&row.ciphers),
        "RelatedListeners": view.state.listeners_following(&row.id).map(|row| related(row)).collect::<Vec<_>>(),
        "RegionId": view.state.settings().region,
        "ResourceGroupId": list::resource_group(&row.meta),
        "Tags": list::tags(&row.meta.tags, "Key", "Value"),
    })
}

fn related(listener: &Listener) -> Value {
    json!({
        "ListenerId": listener.id.as_str(),
        "ListenerPort": listener.port(),
        "ListenerProtocol": listener.protocol.text,
        "LoadBalancerId": listener.load_balancer.as_str(),
    })
}

fn joined<T: Words>(all: &[T]) -> String {
    all.iter().map(|one| one.word()).collect::<Vec<_>>().join(",")
}
