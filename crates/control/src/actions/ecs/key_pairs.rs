//! Key pairs, and which instances have them.

use std::sync::Arc;

use model::command::key_pair::{CreateKeyPair, KeyPairCommand, KeyPairOfInstances};
use model::command::{Command, Output};
use model::id::InstanceId;
use model::key_pair::KeyPair;
use model::meta::Name;
use serde_json::{Value, json};

use crate::actions::list::resource_group;
use crate::actions::older::{ecs_tags, many, page, wanted};
use crate::actions::{Action, Call, Param, View, Write, call, list, refusal, works};
use crate::key_pairs;
use crate::rpc::{ApiError, Params, Product, time};

const PAIR: &[Param] = &[works("KeyPairName"), works("InstanceIds")];

/// Actions about key pairs.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "CreateKeyPair",
        &[works("KeyPairName"), works("ResourceGroupId"), works("Tag")],
        create,
    ),
    Action::write(
        Product::Ecs,
        "ImportKeyPair",
        &[works("KeyPairName"), works("PublicKeyBody"), works("ResourceGroupId"), works("Tag")],
        import,
    ),
    Action::write(Product::Ecs, "DeleteKeyPairs", &[works("KeyPairNames")], delete),
    Action::read(
        Product::Ecs,
        "DescribeKeyPairs",
        &[
            works("IncludePublicKey"),
            works("KeyPairFingerPrint"),
            works("KeyPairName"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("Tag"),
        ],
        describe,
    ),
    Action::write(Product::Ecs, "AttachKeyPair", PAIR, |call| {
        changed(KeyPairCommand::Attach(pair(&call.params)?))
    }),
    Action::write(Product::Ecs, "DetachKeyPair", PAIR, |call| {
        changed(KeyPairCommand::Detach(pair(&call.params)?))
    }),
];

fn create(call: &Call) -> Result<Write, ApiError> {
    let labels = call::labels(&call.params, Some("KeyPairName"), None)?;
    let (public_key, private_key) = key_pairs::make().map_err(|error| ApiError::internal(&error))?;
    made(CreateKeyPair { labels, public_key, private_key: Some(private_key) })
}

fn import(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let public_key = key_pairs::read(params.required("PublicKeyBody")?).map_err(|error| {
        let message = format!("The public key cannot be read: {error}.");
        ApiError::new(400, "InvalidPublicKeyBody.Malformed", message)
    })?;
    let labels = call::labels(params, Some("KeyPairName"), None)?;
    made(CreateKeyPair { labels, public_key, private_key: None })
}

fn made(command: CreateKeyPair) -> Result<Write, ApiError> {
    let answer = |view: &View, output: &Output| {
        let Output::KeyPair(id, private_key) = output else { return Value::Null };
        let Some(row) = view.state.get::<KeyPair>(id) else { return Value::Null };
        let mut answer = json!({
            "KeyPairId": id,
            "KeyPairName": row.meta.name,
            "KeyPairFingerPrint": row.public_key.fingerprint,
        });
        if let Some(private_key) = private_key {
            answer["PrivateKeyBody"] = private_key.reveal().into();
        }
        answer
    };
    Ok(Write { command: Command::KeyPair(KeyPairCommand::Create(command)), answer })
}

/// A name that breaks the rules is an unknown one.
pub(super) fn known(params: &Params, name: &str) -> Result<Name, ApiError> {
    Name::parse(name).map_err(|_| refusal::not_found(params.product(), model::tables::Kind::KeyPair, name))
}

fn listed(params: &Params, name: &str) -> Result<Vec<String>, ApiError> {
    many(params, name)?.ok_or_else(|| params.missing(name))
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    let names = listed(&call.params, "KeyPairNames")?;
    let names = names.iter().map(|name| known(&call.params, name)).collect::<Result<_, _>>()?;
    Ok(Write::silent(Command::KeyPair(KeyPairCommand::Delete(names))))
}

/// The instances that a parameter names, in whatever form.
pub(super) fn named(params: &Params, name: &str) -> Result<Option<Vec<InstanceId>>, ApiError> {
    let id = |text: &String| {
        let unknown = |_| refusal::not_found(params.product(), model::tables::Kind::Instance, text);
        text.parse::<InstanceId>().map_err(unknown)
    };
    many(params, name)?.map(|ids| ids.iter().map(id).collect()).transpose()
}

fn pair(params: &Params) -> Result<KeyPairOfInstances, ApiError> {
    Ok(KeyPairOfInstances {
        key_pair: known(params, params.required("KeyPairName")?)?,
        instances: named(params, "InstanceIds")?.ok_or_else(|| params.missing("InstanceIds"))?,
    })
}

/// What became of each instance. All of them change, or the request is refused.
fn changed(command: KeyPairCommand) -> Result<Write, ApiError> {
    let answer = |_: &View, output: &Output| {
        let Output::KeyPairOf(name, instances) = output else { return Value::Null };
        let result = |id: &InstanceId| json!({ "InstanceId": id, "Code": "200", "Message": "successful", "Success": "true" });
        json!({
            "KeyPairName": name,
            "TotalCount": instances.len().to_string(),
            "FailCount": "0",
            "Results": { "Result": instances.iter().map(result).collect::<Vec<_>>() },
        })
    };
    Ok(Write { command: Command::KeyPair(command), answer })
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = list::Labelled::of(params)?;
    let name = params.text("KeyPairName").unwrap_or("*");
    let asked = |row: &&Arc<KeyPair>| {
        matches(name, row.meta.name.as_str())
            && labelled.takes(&row.meta)
            && wanted(params, "KeyPairFingerPrint", &row.public_key.fingerprint)
    };
    let mut rows: Vec<Arc<KeyPair>> = call.all_owned::<KeyPair>().filter(asked).cloned().collect();
    rows.sort_by_key(|row| row.meta.name.clone());
    let with_key = params.flag("IncludePublicKey")?.unwrap_or(false);
    page(
        params,
        ("KeyPairs", "KeyPair"),
        50,
        rows,
        |row| row.meta.name.to_string(),
        |row| shape(row, with_key),
    )
}

/// A `*` at either end of the pattern stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

fn shape(row: &KeyPair, with_key: bool) -> Value {
    let mut shape = json!({
        "KeyPairId": row.id,
        "KeyPairName": row.meta.name,
        "KeyPairFingerPrint": row.public_key.fingerprint,
        "CreationTime": time::format_minutes(row.meta.created),
        "ResourceGroupId": resource_group(&row.meta),
        "Tags": ecs_tags(&row.meta),
    });
    if with_key {
        shape["PublicKey"] = row.public_key.line.as_str().into();
    }
    shape
}
