//! The region and its zones.

use serde_json::{Value, json};

use crate::actions::{Action, Call, no_effect};
use crate::rpc::{ApiError, Product};

/// Actions about places.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Vpc,
        "DescribeRegions",
        &[no_effect("ProductType", "the region has every product")],
        describe_regions,
    ),
    Action::read(
        Product::Vpc,
        "DescribeZones",
        &[no_effect("ZoneType", "every zone is an availability zone")],
        describe_zones,
    ),
];

fn describe_regions(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let endpoint = format!("vpc.{region}.aliyuncs.com");
    let only = json!({ "RegionId": region, "LocalName": region, "RegionEndpoint": endpoint });
    Ok(json!({ "Regions": { "Region": [only] } }))
}

fn describe_zones(call: &Call) -> Result<Value, ApiError> {
    let settings = call.view.state.settings();
    let zone = |zone: &model::id::ZoneId| json!({ "ZoneId": zone, "LocalName": zone, "ZoneType": "AvailabilityZone" });
    Ok(json!({ "Zones": { "Zone": settings.zones.iter().map(zone).collect::<Vec<_>>() } }))
}
