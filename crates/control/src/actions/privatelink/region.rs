//! The region, its zones, and that the product is open.

use model::id::ZoneId;
use serde_json::{Value, json};

use crate::actions::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::read(Product::Privatelink, "DescribeRegions", &[works("ServiceResourceType")], regions),
    Action::read(
        Product::Privatelink,
        "DescribeZones",
        &[
            works("ServiceResourceType"),
            no_effect("CrossRegion", "there is one region"),
            no_effect("CrossRegionSide", "there is one region"),
        ],
        zones,
    ),
    Action::read(Product::Privatelink, "CheckProductOpen", &[], |_| Ok(json!({ "Success": true }))),
    Action::read(Product::Privatelink, "OpenPrivateLinkService", &[], |_| Ok(json!({ "OrderId": "" }))),
];

/// Whether what is asked for are the load balancers that there are.
fn is_offered(call: &Call) -> bool {
    call.params
        .text("ServiceResourceType")
        .is_none_or(|asked| ["nlb", "ALL"].iter().any(|it| it.eq_ignore_ascii_case(asked)))
}

fn regions(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let shown = json!({
        "LocalName": region,
        "RegionEndpoint": format!("privatelink.{region}.aliyuncs.com"),
        "RegionId": region,
        "ServiceResourceTypes": { "ServiceResourceType": ["nlb"] },
    });
    let regions: Vec<Value> = is_offered(call).then_some(shown).into_iter().collect();
    Ok(json!({ "Regions": { "Region": regions } }))
}

fn zones(call: &Call) -> Result<Value, ApiError> {
    let settings = call.view.state.settings();
    let zone = |zone: &ZoneId| json!({ "LocalName": zone.as_str(), "ZoneId": zone.as_str() });
    let offered = settings.zones.iter().filter(|_| is_offered(call));
    Ok(json!({ "Zones": { "Zone": offered.map(zone).collect::<Vec<_>>() } }))
}
