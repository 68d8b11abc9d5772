//! Lists of the older products (Vpc, Ecs): which rows are asked for, and their pages.

use model::meta::Meta;
use serde_json::{Value, json};

use super::list::{Labelled, Sizes, is, tags};
use crate::rpc::page::{by_number, by_token};
use crate::rpc::{ApiError, Params};

/// Rows of a page when no size is asked for.
const PAGE: usize = 10;

/// Most ids in a filter, where there is such a limit.
const IDS: usize = 20;

/// What to do about more.
pub(super) fn too_many_ids(name: &str) -> String {
    format!("The parameter {name} names too many. Name at most {IDS}.")
}

/// What every list can be narrowed by.
pub(super) struct Filter {
    ids: Option<Vec<String>>,
    name: Option<String>,
    labelled: Labelled,
}

impl Filter {
    /// The filter of a request, with ids and names under these parameters. Ids come as a list, or as one text with
    /// commas between them. A `*` at the end of a name stands for anything.
    pub(super) fn of(params: &Params, ids: &str, name: &str) -> Result<Self, ApiError> {
        let name = params.text(name).map(str::to_owned);
        Ok(Self { ids: many(params, ids)?, name, labelled: Labelled::of(params)? })
    }

    /// Whether the request names no more ids than it may.
    pub(super) fn few_ids(&self) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.len() <= IDS)
    }

    /// Whether a row is asked for.
    pub(super) fn takes(&self, id: &str, meta: &Meta) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.iter().any(|wanted| wanted == id))
            && self.name.as_deref().is_none_or(|name| matches(name, meta.name.as_str()))
            && self.labelled.takes(meta)
    }
}

fn matches(wanted: &str, name: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == name, |start| name.starts_with(start))
}

/// Values of a parameter: a list, a JSON list, or one text with commas; `None` when it is not given.
pub(super) fn many(params: &Params, name: &str) -> Result<Option<Vec<String>>, ApiError> {
    match params.text(name) {
        Some(text) if !text.trim_start().starts_with('[') => {
            Ok(Some(text.split(',').map(|part| part.trim().to_owned()).collect()))
        }
        Some(_) => params.texts(name).map(Some),
        None if params.has(name) => params.texts(name).map(Some),
        None => Ok(None),
    }
}

/// Whether a row's value is the one that a parameter asks for, if it asks for any.
pub(super) fn wanted(params: &Params, name: &str, value: &str) -> bool {
    is(params.text(name), value)
}

/// The page that a request asks for, its rows under two names, one in the other.
pub(super) fn page<T>(
    params: &Params,
    names: (&str, &str),
    most: usize,
    rows: Vec<T>,
    id: impl Fn(&T) -> String,
    shape: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    sized_page(params, names, Sizes { default: PAGE, most }, rows, id, shape)
}

/// The same where pages have another size than usual.
pub(super) fn sized_page<T>(
    params: &Params,
    (outer, inner): (&str, &str),
    Sizes { default, most }: Sizes,
    rows: Vec<T>,
    id: impl Fn(&T) -> String,
    shape: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let (page, number) = if params.has("MaxResults") || params.has("NextToken") {
        (by_token(params, default, most, rows, id)?, 1)
    } else {
        by_number(params, default, most, rows)?
    };
    let items: Vec<Value> = page.items.iter().map(shape).collect();
    Ok(json!({
        outer: { inner: items },
        "TotalCount": page.total,
        "PageNumber": number,
        "PageSize": page.size,
        "NextToken": page.next,
    }))
}

/// An answer whose list gets a second name around each item's place, as the older products have it.
pub(super) fn nested(mut answer: Value, outer: &str, inner: &str) -> Value {
    let items = answer[outer].take();
    answer[outer] = json!({ inner: items });
    answer
}

/// Tags as the VPC product shows them.
pub(super) fn vpc_tags(meta: &Meta) -> Value {
    json!({ "Tag": tags(&meta.tags, "Key", "Value") })
}

/// Tags as the ECS product shows them.
pub(super) fn ecs_tags(meta: &Meta) -> Value {
    json!({ "Tag": tags(&meta.tags, "TagKey", "TagValue") })
}

/// Refuses a feature that is asked for with `true`; `false` asks for what is the case anyway.
pub(super) fn never(params: &Params, name: &str, why: &str) -> Result<(), ApiError> {
    if params.flag(name)?.unwrap_or(false) { Err(params.illegal(name, why)) } else { Ok(()) }
}
