//! The region, its zones, and that the product is open.

use model::id::ZoneId;
use serde_json::{Value, json};

use crate::actions::{Action, Call, no_effect};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Privatelink,
        "DescribeRegions",
        &[no_effect("ServiceResourceType", "there is one type")],
        regions,
    ),
    Action::read(
        Product::Privatelink,
        "DescribeZones",
        &[
            no_effect("ServiceResourceType", "there is one type"),
            no_effect("CrossRegion", "there is one region"),
            no_effect("CrossRegionSide", "there is one region"),
        ],
        zones,
    ),
    Action::read(Product::Privatelink, "CheckProductOpen", &[], |_| Ok(json!({ "Success": true }))),
    Action::read(Product::Privatelink, "OpenPrivateLinkService", &[], |_| Ok(json!({ "OrderId": "" }))),
];

fn regions(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let shown = json!({
        "LocalName": region,
        "RegionEndpoint": format!("privatelink.{region}.aliyuncs.com"),
        "RegionId": region,
        "ServiceResourceTypes": { "ServiceResourceType": ["nlb"] },
    });
    Ok(json!({ "Regions": { "Region": [shown] } }))
}

fn zones(call: &Call) -> Result<Value, ApiError> {
    let settings = call.view.state.settings();
    let zone = |zone: &ZoneId| json!({ "LocalName": zone.as_str(), "ZoneId": zone.as_str() });
    Ok(json!({ "Zones": { "Zone": settings.zones.iter().map(zone).collect::<Vec<_>>() } }))
}
