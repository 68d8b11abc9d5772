//! What holds for every action: each change can be rehearsed and repeated, each list read page by page. `tests/life.txt` says what
//! is asked; an action that is not in it fails the test.

use std::collections::{BTreeMap, BTreeSet};

use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;

use super::cloud::{Cloud, Reply};
use crate::actions::{Action, Handler, Support, all, find};
use crate::rpc::Product;

const LIFE: &str = include_str!("../../../../../tests/life.txt");

/// A cloud and the names of what is in it.
struct Life {
    cloud: Cloud,
    names: BTreeMap<String, String>,
    tokens: u32,
}

/// A request of the text.
struct Request {
    action: &'static Action,
    params: Vec<(String, String)>,
}

impl Life {
    async fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let chain = CertificateParams::new(["shop.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let names = [("chain".to_owned(), chain.pem()), ("key".to_owned(), key.serialize_pem())].into();
        Self { cloud: Cloud::new().await, names, tokens: 0 }
    }

    /// The request that some words stand for.
    fn request(&self, words: &[&str]) -> Request {
        let [product, action, params @ ..] = words else { panic!("{words:?}") };
        let product = Product::of_name(product).unwrap_or_else(|| panic!("no product {product}"));
        let action = find(product, action).unwrap_or_else(|| panic!("no action {action}"));
        let pair = |word: &&str| {
            let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
            (name.to_owned(), self.filled(value))
        };
        Request { action, params: params.iter().map(pair).collect() }
    }

    /// A value with what `$name` stands for.
    fn filled(&self, value: &str) -> String {
        let mut pieces = value.split('$');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
            let (name, rest) = piece.split_at(end);
            text += self.names.get(name).unwrap_or_else(|| panic!("nothing is called {name}"));
            text += rest;
        }
        text
    }

    async fn ask(&self, request: &Request, more: &[(&str, &str)]) -> Reply {
        let own = request.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let params: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        self.cloud.request("dev", request.action.product, request.action.name, &params).await
    }

    /// A change: rehearsed, done, repeated, and not taken for another one.
    async fn change(&mut self, request: &Request) -> Value {
        let name = request.action.name;
        let before = self.cloud.revision();
        let rehearsal = self.ask(request, &[("DryRun", "true")]).await;
        assert_eq!(
            (rehearsal.status, code(&rehearsal)),
            (400, "DryRunOperation"),
            "{name} {}",
            rehearsal.body
        );
        assert_eq!(self.cloud.revision(), before, "{name}: a dry run changed something");

        self.tokens += 1;
        let token = format!("token-{}", self.tokens);
        let token = ("ClientToken", token.as_str());
        let mut first = self.ask(request, &[token]).await;
        assert_eq!(first.status, 200, "{name} {}", first.body);
        let after = self.cloud.revision();
        let mut second = self.ask(request, &[token]).await;
        assert_ne!(first.body["RequestId"], second.body["RequestId"], "{name}");
        (first.body["RequestId"], second.body["RequestId"]) = (Value::Null, Value::Null);
        assert_eq!((second.status, &second.body), (200, &first.body), "{name}: not the same answer again");

        let other = self.ask(request, &[token, ("AcceptLanguage", "en-US")]).await;
        let expected = match request.action.product {
            Product::Nlb => (400, "IdempotenceSignatureMismatch"),
            Product::Ecs if name == "ModifyInstanceSpec" => (400, "IdempotenceParamNotMatch"),
            Product::Ecs => (403, "IdempotentParameterMismatch"),
            _ => (400, "IdempotentParameterMismatch"),
        };
        assert_eq!((other.status, code(&other)), expected, "{name}");
        assert_eq!(self.cloud.revision(), after, "{name}: done twice");
        first.body
    }

    async fn get(&self, request: &Request) -> Value {
        let reply = self.ask(request, &[]).await;
        assert_eq!(reply.status, 200, "{} {}", request.action.name, reply.body);
        reply.body
    }

    /// The items of one page, each by its identity, and the answer.
    async fn page(&self, list: &List<'_>, more: &[(&str, &str)]) -> (Vec<String>, Value) {
        let reply = self.ask(&list.request, more).await;
        assert_eq!(reply.status, 200, "{} {}", list.request.action.name, reply.body);
        let items = reply.body.pointer(list.items).and_then(Value::as_array);
        let items = items.unwrap_or_else(|| panic!("no list {} in {}", list.items, reply.body));
        let identity =
            |item: &Value| list.id.split(',').map(|field| text(&item[field])).collect::<Vec<_>>().join("/");
        (items.iter().map(identity).collect(), reply.body)
    }

    /// All pages by `NextToken`; between the first and the second something may happen.
    async fn by_token(&mut self, list: &List<'_>, size: &str, between: Option<&Request>) -> Vec<String> {
        let (mut found, mut token) = (Vec::new(), String::new());
        for number in 0.. {
            let (items, body) = self.page(list, &[(list.size, size), ("NextToken", &token)]).await;
            assert!(items.len() <= size.parse().unwrap(), "{}", list.request.action.name);
            found.extend(items);
            token = list.about(&body, "NextToken").as_str().unwrap_or_default().to_owned();
            if token.is_empty() {
                return found;
            }
            assert!(number < 200, "{}: pages without end", list.request.action.name);
            if let (0, Some(request)) = (number, between) {
                self.change(request).await;
            }
        }
        found
    }

    /// All pages by their numbers, until one is empty.
    async fn by_number(&self, list: &List<'_>, number: &str, size: &str) -> Vec<String> {
        let mut found = Vec::new();
        for page in 1.. {
            let page = page.to_string();
            let (items, body) = self.page(list, &[(number, &page), (list.size, size)]).await;
            if items.is_empty() {
                let total = list.about(&body, "TotalCount").as_u64();
                assert!(total.is_none_or(|total| total == found.len() as u64), "{body}");
                return found;
            }
            assert!(items.len() <= size.parse().unwrap(), "{}", list.request.action.name);
            found.extend(items);
        }
        found
    }

    /// A list, read in every way that it has.
    async fn list(&mut self, words: &[&str]) {
        let halves: Vec<&[&str]> = words.split(|word| *word == "|").collect();
        let [product, action, items, id, params @ ..] = halves[0] else { panic!("{words:?}") };
        let request = self.request(&[&[*product, *action], params].concat());
        let between = halves.get(1).map(|words| self.request(words));
        let ways = ways(request.action);
        assert!(!ways.is_empty(), "{action} has no pages");
        let mut list = List { request, items, id, size: "" };
        let (whole, _) = self.page(&list, &[]).await;
        assert!(whole.len() >= 2, "{action}: a list of {} shows nothing", whole.len());
        let sorted = |mut items: Vec<String>| {
            items.sort();
            items
        };
        let whole = sorted(whole);
        for (way, size) in ways {
            list.size = size;
            if let Some(number) = way {
                for size in ["1", "2", "3"] {
                    assert_eq!(sorted(self.by_number(&list, number, size).await), whole, "{action}");
                }
                continue;
            }
            for size in ["1", "2", "3"] {
                assert_eq!(sorted(self.by_token(&list, size, None).await), whole, "{action}");
            }
            let Some(between) = &between else { continue };
            let found = self.by_token(&list, "1", Some(between)).await;
            let (after, _) = self.page(&list, &[]).await;
            let unique: BTreeSet<&String> = found.iter().collect();
            assert_eq!(unique.len(), found.len(), "{action}: something twice while the list changed");
            assert_ne!(sorted(after.clone()), whole, "{action}: nothing changed in between");
            for stayed in after.iter().filter(|item| whole.contains(item)) {
                assert!(unique.contains(stayed), "{action}: {stayed} is missing while the list changed");
            }
        }
    }

    /// A request, and the parts of its answer that are kept.
    async fn line(&mut self, words: &[&str], is_change: bool) {
        let mut halves = words.split(|word| *word == "->");
        let request = self.request(halves.next().unwrap());
        let answer = if is_change { self.change(&request).await } else { self.get(&request).await };
        for kept in halves.next().unwrap_or_default() {
            let (name, pointer) = kept.split_once('=').unwrap();
            let value = answer.pointer(pointer).unwrap_or_else(|| panic!("{words:?}: {answer}"));
            self.names.insert(name.to_owned(), text(value));
        }
    }

    /// A change that is always refused, also when it is rehearsed.
    async fn never(&self, words: &[&str]) {
        let [product, action, expected, params @ ..] = words else { panic!("{words:?}") };
        let request = self.request(&[&[*product, *action], params].concat());
        let before = self.cloud.revision();
        for more in [[].as_slice(), &[("DryRun", "true")], &[("ClientToken", "never")]] {
            let reply = self.ask(&request, more).await;
            assert_eq!((reply.status / 100, code(&reply)), (4, *expected), "{action}");
        }
        assert_eq!(self.cloud.revision(), before, "{action}");
    }

    /// A list, narrowed by one filter at a time: to what the item is, and to what it is not.
    async fn narrow(&self, words: &[&str]) {
        let [product, action, items, own, params @ ..] = words else { panic!("{words:?}") };
        let (id, own) = own.split_once('=').unwrap_or_else(|| panic!("{own}"));
        let own = self.filled(own);
        self.cloud.settle();
        let (filters, given): (Vec<&str>, Vec<&str>) = params.iter().partition(|param| param.contains('|'));
        for filter in filters {
            let (name, values) = filter.split_once('=').unwrap_or_else(|| panic!("{filter}"));
            for (value, wanted) in values.split('|').zip([true, false]) {
                let asked = format!("{name}={value}");
                let request = self.request(&[&[*product, *action], given.as_slice(), &[&asked]].concat());
                let (found, _) = self.page(&List { request, items, id, size: "" }, &[]).await;
                assert_eq!(found.contains(&own), wanted, "{action} {asked}: {found:?}");
            }
        }
    }

    /// A list that has so many items whatever there is.
    async fn fixed(&self, words: &[&str], count: usize) {
        let [product, action, items, params @ ..] = words else { panic!("{words:?}") };
        let request = self.request(&[&[*product, *action], params].concat());
        let list = List { request, items, id: "", size: "" };
        assert_eq!(self.page(&list, &[]).await.0.len(), count, "{action}");
    }
}

struct List<'a> {
    request: Request,
    /// Where the items are in an answer.
    items: &'a str,
    /// The fields that tell items apart.
    id: &'a str,
    /// The parameter for the size of a page.
    size: &'static str,
}

impl List<'_> {
    /// What an answer says of the list: at its root, or in the object that holds the list.
    fn about(&self, body: &Value, name: &str) -> Value {
        let outer = self.items.split('/').nth(1).unwrap_or_default();
        body.get(name).or_else(|| body[outer].get(name)).cloned().unwrap_or_default()
    }
}

/// How an action gives pages: by which number, or by token; and what the size is called.
fn ways(action: &Action) -> Vec<(Option<&'static str>, &'static str)> {
    let has =
        |name: &str| action.params.iter().any(|param| param.name == name && param.support == Support::Works);
    let by_number = [("PageNumber", "PageSize"), ("CurrentPage", "ShowSize"), ("PageNum", "PageSize")];
    let mut ways: Vec<_> = by_number
        .into_iter()
        .filter(|(number, _)| has(number))
        .map(|(number, size)| (Some(number), size))
        .collect();
    if has("NextToken") {
        ways.push((None, if has("MaxResult") { "MaxResult" } else { "MaxResults" }));
    }
    ways
}

fn code(reply: &Reply) -> &str {
    reply.body["Code"].as_str().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn every_change_is_rehearsed_and_repeated_and_every_list_read_page_by_page() {
    let mut life = Life::new().await;
    let lines = LIFE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "list" => life.list(&words[1..]).await,
            "none" => life.fixed(&words[1..], 0).await,
            "single" => life.fixed(&words[1..], 1).await,
            "filter" => life.narrow(&words[1..]).await,
            "never" => life.never(&words[1..]).await,
            "get" => life.line(&words[1..], false).await,
            _ => life.line(&words, true).await,
        }
    }
    assert_eq!(life.cloud.state().check(), []);
}

#[test]
fn no_change_and_no_list_is_left_out() {
    let asked: BTreeSet<(Product, &str)> = LIFE
        .lines()
        .flat_map(|line| line.split('|'))
        .filter_map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            let at = usize::from(matches!(
                *words.first()?,
                "list" | "none" | "single" | "filter" | "never" | "get"
            ));
            Some((Product::of_name(words.get(at)?)?, *words.get(at + 1)?))
        })
        .collect();
    let due = all().filter(|action| matches!(action.handler, Handler::Write(_)) || !ways(action).is_empty());
    let missing: Vec<_> =
        due.map(|action| (action.product, action.name)).filter(|it| !asked.contains(it)).collect();
    assert_eq!(missing, [], "give each a line in tests/life.txt");
}
