//! The Location product: under which public name a product is reached. Clients that were given an endpoint never ask.

use serde_json::{Value, json};

use super::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[
    Action::read(
        Product::Location,
        "DescribeEndpoints",
        &[works("Id"), works("ServiceCode"), no_effect("Type", "every product has one endpoint")],
        describe_endpoints,
    ),
    Action::read(Product::Location, "DescribeRegions", &[], describe_regions),
]];

fn describe_endpoints(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let (id, code) = (call.params.required("Id")?, call.params.required("ServiceCode")?);
    let known = Product::ALL.into_iter().find(|product| product.name().eq_ignore_ascii_case(code));
    let endpoint = known.filter(|_| id == region).map(|product| {
        json!({
            "Id": region,
            "Namespace": "",
            "SerivceCode": code,
            "Type": "openAPI",
            "Endpoint": format!("{}.{region}.aliyuncs.com", product.name().to_ascii_lowercase()),
            "Protocols": { "Protocols": ["HTTP", "HTTPS"] },
        })
    });
    let endpoints: Vec<Value> = endpoint.into_iter().collect();
    Ok(json!({ "Success": true, "Endpoints": { "Endpoint": endpoints } }))
}

fn describe_regions(call: &Call) -> Result<Value, ApiError> {
    Ok(json!({ "TotalCount": 1, "RegionIds": { "RegionIds": [call.region()] } }))
}
