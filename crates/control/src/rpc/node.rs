//! Parameters as a tree: `Zone.1.ip=x` and `Zone=[{"ip":"x"}]` become the same thing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Names deeper than this are no parameter of any action, nor are those with an empty part.
const MAX_DEPTH: usize = 8;

/// A parameter: text, or named (or numbered) children, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) text: Option<String>,
    pub(super) children: BTreeMap<String, Arc<Node>>,
}

impl Node {
    /// The tree of flat pairs. An empty value is not given; of a repeated name the last value counts.
    pub(super) fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut root = Self::default();
        for (name, value) in pairs {
            let mut parts = name.split('.');
            if !value.is_empty() && parts.all(|part| !part.is_empty()) && name.split('.').count() <= MAX_DEPTH
            {
                root.insert(name, value);
            }
        }
        root
    }

    fn insert(&mut self, name: &str, value: &str) {
        let mut node = self;
        for part in name.split('.') {
            node = Arc::make_mut(node.children.entry(part.to_owned()).or_default());
        }
        node.text = Some(value.to_owned());
    }

    /// What a JSON text says, when it is a list or an object.
    pub(super) fn from_json_text(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            value @ (Value::Array(_) | Value::Object(_)) => Some(Self::from_json(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    fn from_json(value: Value) -> Self {
        let text = |text: String| Self {
            text: Some(text).filter(|text| !text.is_empty()),
            children: BTreeMap::new(),
        };
        match value {
            Value::Null => Self::default(),
            Value::Bool(flag) => text(flag.to_string()),
            Value::Number(number) => text(number.to_string()),
            Value::String(string) => text(string),
            Value::Array(items) => {
                Self::parent((1..).zip(items).map(|(index, item): (usize, Value)| (index.to_string(), item)))
            }
            Value::Object(members) => Self::parent(members.into_iter()),
        }
    }

    fn parent(members: impl Iterator<Item = (String, Value)>) -> Self {
        let children = members.map(|(name, value)| (name, Arc::new(Self::from_json(value))));
        Self { text: None, children: children.filter(|(_, node)| !node.is_empty()).collect() }
    }

    fn is_empty(&self) -> bool {
        self.text.is_none() && self.children.is_empty()
    }

    /// Children with a number for a name, in the order of the numbers, whatever numbers they are.
    pub(super) fn items(&self) -> Vec<(u32, Arc<Node>)> {
        let numbered =
            self.children.iter().filter_map(|(name, node)| Some((name.parse().ok()?, node.clone())));
        let mut items: Vec<_> = numbered.collect();
        items.sort_by_key(|(index, _)| *index);
        items
    }

    /// Every text with its full name, in the order of the names.
    pub(super) fn flatten(&self, prefix: &str, out: &mut Vec<(String, String)>) {
        if let Some(text) = &self.text {
            out.push((prefix.to_owned(), text.clone()));
        }
        for (name, node) in &self.children {
            let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            node.flatten(&full, out);
        }
    }
}
