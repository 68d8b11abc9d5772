//! The Location product: where a product is reached. Every product is here: under the name that the caller reached us by.

use serde_json::{Value, json};

use super::{Action, Call, no_effect, works};
use crate::actions::Param;
use crate::rpc::{ApiError, Product};

const PASSWORD: Param = no_effect("Password", "the signature says who calls");

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[
    Action::read(
        Product::Location,
        "DescribeEndpoint",
        &[works("Id"), works("ServiceCode"), PASSWORD],
        describe_endpoint,
    ),
    Action::read(
        Product::Location,
        "DescribeEndpoints",
        &[works("Id"), works("ServiceCode"), works("Type")],
        describe_endpoints,
    ),
    Action::read(Product::Location, "DescribeRegions", &[PASSWORD], describe_regions),
    Action::read(Product::Location, "DescribeServices", &[PASSWORD], describe_services),
    Action::read(
        Product::Location,
        "ListEndpoints",
        &[works("Id"), works("Namespace"), works("SerivceCode")],
        list_endpoints,
    ),
    Action::read(Product::Location, "ListEndpointsByIp", &[works("Ip")], list_by_ip),
]];

/// The only kind of endpoint.
const KIND: &str = "openAPI";

/// The product with this code, in this region.
fn product(call: &Call, region: &str, code: &str) -> Option<Product> {
    Product::of_name(code).filter(|_| region == call.region())
}

/// What every shape of an endpoint has.
fn endpoint(call: &Call) -> Value {
    json!({
        "Id": call.region(),
        "Namespace": "",
        "Type": KIND,
        "Endpoint": call.host,
        "Protocols": { "Protocols": ["HTTP", "HTTPS"] },
    })
}

fn with(mut endpoint: Value, name: &str, value: &str) -> Value {
    endpoint[name] = value.into();
    endpoint
}

fn describe_endpoint(call: &Call) -> Result<Value, ApiError> {
    let (id, code) = (call.params.required("Id")?, call.params.required("ServiceCode")?);
    let found = product(call, id, code).map(|_| with(endpoint(call), "SerivceCode", code));
    found.ok_or_else(|| {
        let message =
            "This region has no such product. DescribeRegions and DescribeServices list what there is.";
        ApiError::new(404, "InvalidServiceCode.NotFound", message)
    })
}

fn describe_endpoints(call: &Call) -> Result<Value, ApiError> {
    let (id, code) = (call.params.required("Id")?, call.params.required("ServiceCode")?);
    let is_kind = call.params.text("Type").is_none_or(|kind| kind.eq_ignore_ascii_case(KIND));
    let found = product(call, id, code).filter(|_| is_kind);
    let endpoints: Vec<Value> =
        found.map(|_| with(endpoint(call), "SerivceCode", code)).into_iter().collect();
    Ok(json!({ "Success": true, "Endpoints": { "Endpoint": endpoints } }))
}

fn describe_regions(call: &Call) -> Result<Value, ApiError> {
    Ok(json!({ "TotalCount": 1, "RegionIds": { "RegionIds": [call.region()] } }))
}

fn codes() -> impl Iterator<Item = String> {
    Product::ALL.into_iter().map(|product| product.name().to_ascii_lowercase())
}

fn describe_services(_: &Call) -> Result<Value, ApiError> {
    Ok(json!({ "TotalCount": Product::ALL.len(), "Services": { "Services": codes().collect::<Vec<_>>() } }))
}

fn items(call: &Call, wanted: impl Fn(&str) -> bool) -> Value {
    let items = codes().filter(|code| wanted(code)).map(|code| with(endpoint(call), "Product", &code));
    json!({ "Success": true, "EndpointList": { "ItemEndpoint": items.collect::<Vec<_>>() } })
}

fn list_endpoints(call: &Call) -> Result<Value, ApiError> {
    let here = call.params.text("Id").is_none_or(|id| id == call.region())
        && call.params.text("Namespace").is_none();
    let code = call.params.text("SerivceCode");
    Ok(items(call, |product| here && code.is_none_or(|code| code.eq_ignore_ascii_case(product))))
}

/// The address is one of ours when the caller reached us by it.
fn list_by_ip(call: &Call) -> Result<Value, ApiError> {
    let ip = call.params.required("Ip")?;
    let own = call.host.rsplit_once(':').map_or(call.host.as_str(), |(host, _)| host);
    Ok(items(call, |_| ip == own))
}
