//! The region and its zones.

use model::id::ZoneId;
use serde_json::{Value, json};

use crate::actions::{Action, Call, no_effect};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Nlb,
        "DescribeRegions",
        &[no_effect("ServiceCode", "the product says it")],
        regions,
    ),
    Action::read(Product::Nlb, "DescribeZones", &[no_effect("ServiceCode", "the product says it")], zones),
];

fn regions(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let endpoint = format!("nlb.{region}.aliyuncs.com");
    Ok(json!({ "Regions": [{ "LocalName": region, "RegionEndpoint": endpoint, "RegionId": region }] }))
}

fn zones(call: &Call) -> Result<Value, ApiError> {
    let settings = call.view.state.settings();
    let zone = |zone: &ZoneId| json!({ "LocalName": zone.as_str(), "ZoneId": zone.as_str() });
    Ok(json!({ "Zones": settings.zones.iter().map(zone).collect::<Vec<_>>() }))
}
