//! Tags and resource groups, the same for the newer products: only the types of resources differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::command::Command;
use model::command::resource_group::ResourceGroupCommand;
use model::command::system::{Tagging, Untagging};
use model::key_pair::KeyPair;
use model::meta::{Meta, Name, legal_tag};
use model::tables::{Key, Kind, Resource};
use serde_json::{Value, json};

use super::call::{required_id, tags};
use super::list::{self, Labelled, Sizes, among};
use super::{Call, Param, Write, older, refusal, works};
use crate::rpc::{ApiError, Params};

/// A type of resource.
#[derive(Clone, Copy)]
pub struct Type {
    kind: Kind,
    find: fn(&Call, &str) -> Option<Key>,
    rows: fn(&Call) -> Vec<(String, Meta)>,
}

impl Type {
    /// The type whose rows are these.
    pub const fn of<T: Resource<Key: 'static> + 'static>(kind: Kind) -> Self {
        Self { kind, find: |_, id| id.parse().ok(), rows: owned::<T> }
    }

    /// Key pairs, which are known by their names.
    pub const fn of_key_pairs() -> Self {
        let find = |call: &Call, name: &str| {
            let row = call.view.state.key_pair(call.account, &Name::parse(name).ok()?)?;
            Some(Key::KeyPair(row.id.clone()))
        };
        let rows = |call: &Call| {
            let named = |row: &Arc<KeyPair>| (row.meta.name.to_string(), row.meta.clone());
            call.all_owned::<KeyPair>().map(named).collect()
        };
        Self { kind: Kind::KeyPair, find, rows }
    }
}

/// The types of a product's resources, as they travel.
pub type Types = &'static [(&'static str, Type)];

/// Parameters of TagResources.
pub const TAG: &[Param] = &[works("ResourceType"), works("ResourceId"), works("Tag")];
/// Parameters of UntagResources.
pub const UNTAG: &[Param] = &[works("ResourceType"), works("ResourceId"), works("TagKey"), works("All")];
/// Parameters of ListTagResources.
pub const LIST: &[Param] =
    &[works("ResourceType"), works("ResourceId"), works("Tag"), works("MaxResults"), works("NextToken")];

/// Most resources that a request names.
const RESOURCES: usize = 50;

fn asked(params: &Params, types: Types) -> Result<Type, ApiError> {
    params.choice("ResourceType", types)?.ok_or_else(|| params.missing("ResourceType"))
}

/// The resource that an id of this type names.
fn key(call: &Call, of: Type, id: &str) -> Result<Key, ApiError> {
    let key = (of.find)(call, id).filter(|key| key.kind() == of.kind);
    key.ok_or_else(|| refusal::not_found(call.params.product(), of.kind, id))
}

/// The ids that a request names.
fn ids(params: &Params) -> Result<Vec<String>, ApiError> {
    let ids = params.texts("ResourceId")?;
    if ids.len() <= RESOURCES {
        Ok(ids)
    } else {
        Err(params.illegal("ResourceId", format_args!("give at most {RESOURCES} ids.")))
    }
}

fn resources(call: &Call, types: Types) -> Result<Vec<Key>, ApiError> {
    let params = &call.params;
    let of = asked(params, types)?;
    let ids = ids(params)?;
    if ids.is_empty() {
        return Err(params.missing("ResourceId"));
    }
    ids.iter().map(|id| key(call, of, id)).collect()
}

/// TagResources.
pub fn tag(call: &Call, types: Types) -> Result<Write, ApiError> {
    let tagging = Tagging { resources: resources(call, types)?, tags: tags(&call.params)? };
    if tagging.tags.is_empty() {
        return Err(call.params.missing("Tag"));
    }
    Ok(Write::silent(Command::Tag(tagging)))
}

/// UntagResources.
pub fn untag(call: &Call, types: Types) -> Result<Write, ApiError> {
    let params = &call.params;
    let keys = params.texts("TagKey")?;
    let all = params.flag("All")?.unwrap_or(false);
    if keys.is_empty() && !all {
        return Err(params.missing("TagKey"));
    }
    let mut once = BTreeSet::new();
    for key in keys {
        legal_tag(&key, "").map_err(|told| refusal::error(params.product(), &told))?;
        if let Some(twice) = once.replace(key) {
            return Err(refusal::tag_twice(params.product(), &twice));
        }
    }
    list::few_tags(params, once.len())?;
    let keys = (!once.is_empty()).then_some(once);
    Ok(Write::silent(Command::Untag(Untagging { resources: resources(call, types)?, keys })))
}

/// Moves the resource named by `ResourceType` and `ResourceId` into the resource group named by `group`.
pub fn move_resource_group(call: &Call, types: Types, group: &str) -> Result<Write, ApiError> {
    let params = &call.params;
    let target = required_id(params, group)?;
    let key = key(call, asked(params, types)?, params.required("ResourceId")?)?;
    Ok(Write::silent(Command::ResourceGroup(ResourceGroupCommand::Move(key, target))))
}

/// A tag of a resource in an answer.
struct Tagged {
    id: String,
    key: String,
    value: String,
}

/// The caller's rows of a type.
fn owned<T: Resource<Key: 'static> + 'static>(call: &Call) -> Vec<(String, Meta)> {
    let shown = |row: &Arc<T>| (row.key().to_string(), row.meta().clone());
    call.all_owned::<T>().map(shown).collect()
}

/// ListTagResources.
pub fn list(call: &Call, types: Types) -> Result<Value, ApiError> {
    list_of(call, types, |_| true)
}

/// The same, of those resources that a product narrows it to otherwise.
pub fn list_of(call: &Call, types: Types, takes: impl Fn(&Meta) -> bool) -> Result<Value, ApiError> {
    let params = &call.params;
    let (of, ids, labelled) = (asked(params, types)?, ids(params)?, Labelled::of(params)?);
    let name = types.iter().find(|(_, one)| one.kind == of.kind).map_or("", |(name, _)| name);
    let asked = |(id, meta): &(String, Meta)| among(&ids, id) && labelled.takes(meta) && takes(meta);
    let found = (of.rows)(call).into_iter().filter(asked);
    let found = found.flat_map(|(id, meta)| {
        let tag = move |(key, value)| Tagged { id: id.clone(), key, value };
        meta.tags.into_iter().map(tag)
    });
    let render = |tag: &Tagged| {
        json!({
            "ResourceId": tag.id,
            "ResourceType": name,
            "TagKey": tag.key,
            "TagValue": tag.value,
            "AliUid": call.account.0,
            "Category": "Custom",
            "RegionNo": call.region(),
            "Scope": "public",
        })
    };
    let sizes = Sizes { default: 50, most: 1000 };
    list::answer(
        params,
        &sizes,
        "TagResources",
        found.collect(),
        |tag| format!("{}/{}", tag.id, tag.key),
        render,
    )
}

/// A tag's key and value.
pub type Tag = [String; 2];
/// How many resources of each type.
pub type Counts = BTreeMap<&'static str, u32>;

/// The tags that a request asks for, and how many resources of each of these types have them, by the names that it has in the answer.
pub fn counts(
    call: &Call,
    types: Types,
    counted: &[(&str, &'static str)],
) -> Result<BTreeMap<Tag, Counts>, ApiError> {
    let params = &call.params;
    let (ids, labelled) = (older::many(params, "ResourceId")?.unwrap_or_default(), Labelled::of(params)?);
    let mut counts: BTreeMap<Tag, Counts> = BTreeMap::new();
    for (word, shown) in counted.iter().filter(|(word, _)| older::wanted(params, "ResourceType", word)) {
        let rows = types.iter().filter(|(name, _)| name == word).flat_map(|(_, of)| (of.rows)(call));
        let asked = rows.filter(|(id, meta)| among(&ids, id) && labelled.takes(meta));
        for (key, value) in asked.flat_map(|(_, meta)| meta.tags).filter(|tag| labelled.names(tag)) {
            *counts.entry([key, value]).or_default().entry(*shown).or_default() += 1;
        }
    }
    Ok(counts)
}
