//! Typed access to parameters. Every complaint names the parameter as the caller wrote it and says what would be taken.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use model::words::{AsSent, Words};

use super::node::Node;
use super::{ApiError, Product};

/// The parameters of a request, or one object or list item inside them.
#[derive(Clone, Debug)]
pub struct Params {
    product: Product,
    path: String,
    node: Arc<Node>,
}

impl Params {
    /// The parameters of a request to a product, from decoded pairs.
    pub fn new<'a>(product: Product, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self { product, path: String::new(), node: Arc::new(Node::from_pairs(pairs)) }
    }

    /// The product that was called: it decides how complaints are worded.
    pub fn product(&self) -> Product {
        self.product
    }

    /// The full name of a parameter of this object.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Whether a parameter is given in any form.
    pub fn has(&self, name: &str) -> bool {
        self.node.children.contains_key(name)
    }

    /// Text; an empty value is not given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.node.children.get(name)?.text.as_deref()
    }

    /// The text of a list item.
    pub fn own_text(&self) -> Option<&str> {
        self.node.text.as_deref()
    }

    /// Text that must be given.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| self.missing(name))
    }

    /// A value with a text form, such as an address or a range.
    pub fn parse<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let parsed = self.text(name).map(str::parse).transpose();
        parsed.map_err(|error| self.illegal(name, format_args!("{error}.")))
    }

    /// `true` or `false`, in any letter case.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.choice(name, &[("true", true), ("false", false)])
    }

    /// A whole number in a range.
    pub fn number<T>(&self, name: &str, range: RangeInclusive<T>) -> Result<Option<T>, ApiError>
    where
        T: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (low, high) = (range.start(), range.end());
        number
            .map(Some)
            .ok_or_else(|| self.illegal(name, format_args!("give a whole number from {low} to {high}.")))
    }

    /// One of a set of words, in any letter case.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| self.illegal(name, format_args!("give one of {}.", words())))
    }

    /// A word of an enumeration, in any letter case.
    pub fn word<T: Words>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.choice(name, T::ALL)
    }

    /// The same, with the spelling that was sent.
    pub fn word_as_sent<T: Words>(&self, name: &str) -> Result<Option<AsSent<T>>, ApiError> {
        let value = self.word(name)?;
        Ok(value.zip(self.text(name)).map(|(value, text)| AsSent { value, text: text.to_owned() }))
    }

    /// The items of a list, flattened or as JSON; empty when it is not given.
    pub fn list(&self, name: &str) -> Result<Vec<Self>, ApiError> {
        let Some(node) = self.structure(name, "list")? else { return Ok(Vec::new()) };
        let path = self.path(name);
        let item = |(index, node)| Self { product: self.product, path: format!("{path}.{index}"), node };
        Ok(node.items().into_iter().map(item).collect())
    }

    /// The items of a list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        Ok(self.list(name)?.iter().filter_map(|item| item.own_text().map(str::to_owned)).collect())
    }

    /// An object, flattened or as JSON; an object without members when it is not given.
    pub fn object(&self, name: &str) -> Result<Self, ApiError> {
        let node = self.structure(name, "object")?.unwrap_or_default();
        Ok(Self { product: self.product, path: self.path(name), node })
    }

    fn structure(&self, name: &str, kind: &str) -> Result<Option<Arc<Node>>, ApiError> {
        let Some(node) = self.node.children.get(name) else { return Ok(None) };
        match &node.text {
            None => Ok(Some(node.clone())),
            Some(text) => Node::from_json_text(text).map(|node| Some(Arc::new(node))).ok_or_else(|| {
                self.illegal(
                    name,
                    format_args!("give the {kind} as {name}.… parameters or as one JSON text."),
                )
            }),
        }
    }

    /// The complaint that a parameter is absent.
    pub fn missing(&self, name: &str) -> ApiError {
        self.product.missing(&self.path(name))
    }

    /// The complaint that a parameter cannot be taken.
    pub fn illegal(&self, name: &str, why: impl std::fmt::Display) -> ApiError {
        self.product.illegal(&self.path(name), why)
    }

    /// All names and values in the order of the names, without those named: what makes two requests the same.
    pub fn flat(&self, without: &[&str]) -> Vec<(String, String)> {
        let mut out = Vec::new();
        self.node.flatten("", &mut out);
        out.retain(|(name, _)| !without.contains(&name.as_str()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        let pairs = crate::rpc::encoding::decode_pairs(text.as_bytes());
        Params::new(Product::Nlb, pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }

    fn ports(params: &Params) -> Vec<Option<u16>> {
        let servers = params.list("Servers").unwrap();
        servers.iter().map(|server| server.number("Port", 0..=65535).unwrap()).collect()
    }

    #[test]
    fn a_list_may_be_sparse_and_keeps_its_order() {
        let params = params("Servers.10.Port=10&Servers.2.Port=2&Servers.2.ServerIp=&Servers.7.ServerId=x");
        assert_eq!(ports(&params), [Some(2), None, Some(10)]);
        assert_eq!(params.list("Servers").unwrap()[0].text("ServerIp"), None);
    }

    #[test]
    fn a_list_or_object_may_be_one_json_text() {
        let params =
            params(r#"Servers=[{"Port":80},{"Port":"81","Tags":["a","b"]}]&Config={"On":true,"N":{"M":""}}"#);
        assert_eq!(ports(&params), [Some(80), Some(81)]);
        assert_eq!(params.list("Servers").unwrap()[1].texts("Tags").unwrap(), ["a", "b"]);
        assert_eq!(params.object("Config").unwrap().flag("On").unwrap(), Some(true));
        assert!(!params.object("Config").unwrap().has("N"));
    }

    #[test]
    fn lists_in_lists_flatten() {
        let params =
            params("NetworkInterface.1.SecurityGroupIds.1=a&NetworkInterface.1.SecurityGroupIds.2=b");
        assert_eq!(
            params.list("NetworkInterface").unwrap()[0].texts("SecurityGroupIds").unwrap(),
            ["a", "b"]
        );
    }

    #[test]
    fn flags_and_words_come_in_any_letter_case() {
        let params = params("A=True&B=FALSE&C=tcp&D=&E=maybe");
        assert_eq!(
            (params.flag("A"), params.flag("B"), params.flag("D")),
            (Ok(Some(true)), Ok(Some(false)), Ok(None))
        );
        assert_eq!(params.choice("C", &[("UDP", 1), ("TCP", 2)]), Ok(Some(2)));
        assert_eq!(params.flag("E").unwrap_err().code, "IllegalParam.E");
    }

    #[test]
    fn complaints_name_the_parameter_as_it_was_written() {
        let params = params("Servers.3.Port=65536&Servers.4.Port=x&Config=no");
        let server = &params.list("Servers").unwrap()[0];
        let error = server.number::<u16>("Port", 0..=65535).unwrap_err();
        assert_eq!((error.status, error.code.as_ref()), (400, "IllegalParam.Port"));
        assert!(error.message.contains("Servers.3.Port") && error.message.contains("0 to 65535"), "{error}");
        assert_eq!(server.required("ServerId").unwrap_err().code, "MissingParam.ServerId");
        assert!(params.object("Config").is_err());
    }

    #[test]
    fn hostile_names_do_not_exhaust_the_stack() {
        let deep = format!("{}=1&Ok=1", "a.".repeat(300_000));
        assert_eq!(params(&deep).flat(&[]), [("Ok".to_owned(), "1".to_owned())]);
        // Another name than that of the parameter: it must not be taken for it, nor for the same request.
        assert_eq!(params(".Ok=1&Ok..x=1&Ok.=2&=3").flat(&[]), []);
        let json = format!("L={}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(params(&json).list("L").is_err());
    }
}
