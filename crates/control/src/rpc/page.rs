//! Pages of lists: `MaxResults`/`NextToken` for the newer products, `PageNumber`/`PageSize` for the older ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as TOKEN;

use super::{ApiError, Params};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many items there are on all pages.
    pub total: usize,
    /// Most items a page has.
    pub size: usize,
    /// What to ask for the next page with; empty when this is the last one.
    pub next: String,
}

/// The part of a sorted list that `MaxResults` and `NextToken` ask for. The token tells the key of the last item given, so
/// that items which come and go between two pages make no other item appear twice or not at all.
pub fn by_token<T>(
    params: &Params,
    default: usize,
    most: usize,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, ApiError> {
    let size = params.number("MaxResults", 0..=most)?.filter(|size| *size > 0).unwrap_or(default);
    after(params, size, items, key)
}

/// The part of a list of so many items that `NextToken` asks for.
pub fn after<T>(
    params: &Params,
    size: usize,
    mut items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, ApiError> {
    let total = items.len();
    items.sort_by_cached_key(&key);
    if let Some(last) = last_given(params)? {
        items.retain(|item| key(item) > last);
    }
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|item| TOKEN.encode(key(item))).unwrap_or_default();
    Ok(Page { items, total, size, next })
}

/// The key in `NextToken`. The token hides it, so that nobody takes it for an id, and text that is no token is noticed.
fn last_given(params: &Params) -> Result<Option<String>, ApiError> {
    let Some(token) = params.text("NextToken") else { return Ok(None) };
    let key = TOKEN.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let strange = || params.illegal("NextToken", "give the one of the page before, as it was.");
    key.map(Some).ok_or_else(strange)
}

/// The part of a list that `PageNumber` and `PageSize` ask for, and the page's number.
pub fn by_number<T>(
    params: &Params,
    default: usize,
    most: usize,
    items: Vec<T>,
) -> Result<(Page<T>, usize), ApiError> {
    by_number_in(params, ("PageNumber", "PageSize"), default, most, items)
}

/// The same where the parameters have other names.
pub fn by_number_in<T>(
    params: &Params,
    (number, size): (&str, &str),
    default: usize,
    most: usize,
    items: Vec<T>,
) -> Result<(Page<T>, usize), ApiError> {
    let size = params.number(size, 1..=most)?.unwrap_or(default);
    let number = params.number(number, 1..=1_000_000)?.unwrap_or(1);
    let total = items.len();
    let items = items.into_iter().skip((number - 1) * size).take(size).collect();
    Ok((Page { items, total, size, next: String::new() }, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Product;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(Product::Nlb, pairs.iter().copied())
    }

    #[test]
    fn tokens_walk_a_list_without_gaps_even_when_it_changes() {
        let page = |token: &str, items: &[&'static str]| {
            let params = params(&[("MaxResults", "2"), ("NextToken", token)]);
            by_token(&params, 20, 100, items.to_vec(), |item| (*item).to_owned()).unwrap()
        };
        let first = page("", &["c", "a", "d", "b"]);
        assert_eq!((first.items, first.total), (vec!["a", "b"], 4));
        let second = page(&first.next, &["c", "a", "d"]);
        assert_eq!((second.items, second.next.as_str()), (vec!["c", "d"], ""));
    }

    #[test]
    fn text_that_is_no_token_is_refused() {
        for token in ["b", "not a token", "////", "_____w"] {
            let page =
                by_token(&params(&[("NextToken", token)]), 20, 100, vec!["a"], |item| (*item).to_owned());
            assert_eq!(page.unwrap_err().code, "IllegalParam.NextToken", "{token}");
        }
    }

    #[test]
    fn numbered_pages() {
        let (page, number) =
            by_number(&params(&[("PageNumber", "2"), ("PageSize", "3")]), 10, 50, (0..7).collect()).unwrap();
        assert_eq!((page.items, page.total, number), (vec![3, 4, 5], 7, 2));
        assert!(by_number(&params(&[("PageSize", "51")]), 10, 50, vec![0]).is_err());
    }
}
