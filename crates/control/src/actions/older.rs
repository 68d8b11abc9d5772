//! Lists of the older products (Vpc, Ecs): which rows are asked for, and their pages.

use model::meta::Meta;
use serde_json::{Value, json};

use super::list::{Labelled, Sizes, is, tags};
use crate::rpc::page::{by_number, by_token};
use crate::rpc::{ApiError, Params, time};

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
    /// commas between them. A `*` in a name stands for anything.
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
            && self.name.as_deref().is_none_or(|name| fuzzy(name, meta.name.as_str()))
            && self.labelled.takes(meta)
    }
}

/// What a list may be narrowed by because its rows show it. What a row does not show, it has not.
pub(super) struct Shown<'a> {
    values: Vec<(&'a str, &'a str)>,
    times: Vec<Time>,
}

/// A time that something was made or ends at: not before this one, or not after it.
struct Time {
    shown: &'static str,
    from: bool,
    /// `2017-12-10T04:04Z`, as rows show it.
    at: String,
}

/// Keys of `Filter`: the time that they are about, and whether things from then on are meant, or until then.
const TIMES: [(&str, (&str, bool)); 4] = [
    ("CreationStartTime", ("CreationTime", true)),
    ("CreationEndTime", ("CreationTime", false)),
    ("ExpiredStartTime", ("ExpiredTime", true)),
    ("ExpiredEndTime", ("ExpiredTime", false)),
];

impl<'a> Shown<'a> {
    /// Of a request that asks for what rows show under these names, and with `Filter` for times.
    pub(super) fn of(params: &'a Params, names: &[&'a str]) -> Result<Self, ApiError> {
        let value = |name: &&'a str| Some((*name, params.text(name)?));
        let times = params.list("Filter")?.iter().map(Time::of).collect::<Result<_, _>>()?;
        Ok(Self { values: names.iter().filter_map(value).collect(), times })
    }

    /// Whether a row is asked for. It is made only when something is.
    pub(super) fn takes(&self, row: impl FnOnce() -> Value) -> bool {
        if self.values.is_empty() && self.times.is_empty() {
            return true;
        }
        let row = row();
        self.values.iter().all(|(name, asked)| text_of(&row[name]).eq_ignore_ascii_case(asked))
            && self.times.iter().all(|time| time.takes(&row))
    }
}

impl Time {
    fn of(filter: &Params) -> Result<Self, ApiError> {
        let key = filter.required("Key")?;
        let found = TIMES.iter().find(|(word, _)| *word == key);
        let (_, (shown, from)) = found.ok_or_else(|| {
            let words = TIMES.map(|(word, _)| word).join(", ");
            ApiError::new(404, "InvalidFilterKey.NotFound", format!("Filter.N.Key is one of {words}."))
        })?;
        let at = filter.required("Value")?;
        match time::parse_minutes(at) {
            Some(_) => Ok(Self { shown, from: *from, at: at.to_owned() }),
            None => {
                let message = "Filter.N.Value is a time in UTC such as 2017-12-10T04:04Z.";
                Err(ApiError::new(404, "InvalidFilterValue", message))
            }
        }
    }

    fn takes(&self, row: &Value) -> bool {
        // Times of this form stand in the order of their texts.
        let shown = text_of(&row[self.shown]);
        if self.from { shown >= self.at } else { shown <= self.at }
    }
}

/// A shown value as a request would ask for it; nothing when there is none.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Whether a text is the one asked for, where `*` stands for anything.
pub(super) fn fuzzy(asked: &str, text: &str) -> bool {
    let Some((start, rest)) = asked.split_once('*') else { return asked == text };
    let Some(mut left) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
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

/// Refuses words that no row could show under these names.
pub(super) fn legal_words(params: &Params, known: &[(&str, &[&str])]) -> Result<(), ApiError> {
    known.iter().try_for_each(|(name, words)| {
        let words: Vec<_> = words.iter().map(|word| (*word, ())).collect();
        params.choice(name, &words).map(drop)
    })
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

#[cfg(test)]
mod tests {
    use super::fuzzy;

    #[test]
    fn a_star_stands_for_anything_and_nothing_else_does() {
        for (asked, text) in [
            ("env", "env"),
            ("env*", "environment"),
            ("*env*", "my-env-1"),
            ("*1", "my-env-1"),
            ("*", ""),
            ("a*b*c", "a-b-b-c"),
            ("**", "x"),
        ] {
            assert!(fuzzy(asked, text), "{asked} {text}");
        }
        for (asked, text) in [
            ("env", "environment"),
            ("env*", "my-env"),
            ("*env", "env-1"),
            ("a*b*c", "a-c-b"),
            ("ab*b", "ab"),
            ("", "x"),
        ] {
            assert!(!fuzzy(asked, text), "{asked} {text}");
        }
    }
}
