//! What list actions share: filters and the shape of a page.

use std::collections::BTreeMap;

use model::meta::{Meta, Tags, legal_tag};
use model::quota::Quota;
use serde_json::{Value, json};

use super::refusal;
use crate::rpc::page::{self, Page};
use crate::rpc::{ApiError, Params};

/// Whether a value is among those asked for; every value is when none is.
pub fn among(asked: &[String], value: &str) -> bool {
    asked.is_empty() || asked.iter().any(|one| one == value)
}

/// Whether a value is the one asked for, in any letter case; every value is when none is.
pub fn is(asked: Option<&str>, value: &str) -> bool {
    asked.is_none_or(|asked| asked.eq_ignore_ascii_case(value))
}

/// The same for a value that costs something to make: it is made only when one is asked for.
pub fn is_lazy<V: AsRef<str>>(asked: Option<&str>, value: impl FnOnce() -> V) -> bool {
    asked.is_none_or(|asked| asked.eq_ignore_ascii_case(value().as_ref()))
}

/// Refuses more tags than a request may name: as many as a resource usually may have.
pub fn few_tags(params: &Params, count: usize) -> Result<(), ApiError> {
    let most = Quota::TagsAResource.usual();
    if count <= most as usize { Ok(()) } else { Err(refusal::too_many_tags(params.product(), most)) }
}

/// What a list may be narrowed by, whatever it lists.
pub struct Labelled {
    tags: BTreeMap<String, Option<String>>,
    resource_group: Option<String>,
}

impl Labelled {
    /// The filters `Tag.N` and `ResourceGroupId`.
    pub fn of(params: &Params) -> Result<Self, ApiError> {
        let mut tags = BTreeMap::new();
        for tag in params.list("Tag")? {
            let (key, value) = (tag.required("Key")?, tag.text("Value"));
            legal_tag(key, value.unwrap_or_default())
                .map_err(|told| refusal::error(params.product(), &told))?;
            if tags.insert(key.to_owned(), value.map(str::to_owned)).is_some() {
                return Err(refusal::tag_twice(params.product(), key));
            }
        }
        few_tags(params, tags.len())?;
        Ok(Self { tags, resource_group: params.text("ResourceGroupId").map(str::to_owned) })
    }

    /// Whether a resource passes.
    pub fn takes(&self, meta: &Meta) -> bool {
        let has = |(key, value): (&String, &Option<String>)| {
            meta.tags.get(key).is_some_and(|own| value.as_ref().is_none_or(|value| value == own))
        };
        self.tags.iter().all(has) && is(self.resource_group.as_deref(), resource_group(meta))
    }

    /// Whether a tag is one of those that are asked for; every one is when none is.
    pub fn names(&self, (key, value): &(String, String)) -> bool {
        let wanted = self.tags.get(key);
        self.tags.is_empty() || wanted.is_some_and(|wanted| wanted.as_ref().is_none_or(|it| it == value))
    }

    /// Whether a resource passes that shows neither tags nor a resource group.
    pub fn takes_bare(&self) -> bool {
        self.takes_untagged() && self.resource_group.is_none()
    }

    /// Whether a resource passes that shows no tags.
    pub fn takes_untagged(&self) -> bool {
        self.tags.is_empty()
    }
}

/// The resource group as it travels.
pub fn resource_group(meta: &Meta) -> &str {
    meta.resource_group.as_str()
}

/// Tags as they travel, with the names that this place has for key and value.
pub fn tags(tags: &Tags, key_name: &str, value_name: &str) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ key_name: key, value_name: value })).collect()
}

/// How many items a page has.
pub struct Sizes {
    /// When nothing is asked for.
    pub default: usize,
    /// At most.
    pub most: usize,
}

/// One page of a list under its name, each item as `render` shows it.
pub fn answer<T>(
    params: &Params,
    sizes: &Sizes,
    name: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    render: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let Page { items, total, size, next } = page::by_token(params, sizes.default, sizes.most, items, key)?;
    let items: Vec<Value> = items.iter().map(render).collect();
    Ok(json!({ name: items, "MaxResults": size, "NextToken": next, "TotalCount": total }))
}
