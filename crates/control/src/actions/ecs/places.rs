//! The region and its zones.

use serde_json::{Value, json};

use crate::actions::{Action, Call, no_effect};
use crate::rpc::{ApiError, Product};

/// Actions about places.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeRegions",
        &[
            no_effect("InstanceChargeType", "nothing is billed"),
            no_effect("ResourceType", "there is one kind"),
        ],
        describe_regions,
    ),
    Action::read(
        Product::Ecs,
        "DescribeZones",
        &[
            no_effect("InstanceChargeType", "nothing is billed"),
            no_effect("SpotStrategy", "nothing is billed"),
            no_effect("Verbose", "everything is shown"),
        ],
        describe_zones,
    ),
];

fn describe_regions(call: &Call) -> Result<Value, ApiError> {
    let region = call.region();
    let endpoint = format!("ecs.{region}.aliyuncs.com");
    let only =
        json!({ "RegionId": region, "LocalName": region, "RegionEndpoint": endpoint, "Status": "available" });
    Ok(json!({ "Regions": { "Region": [only] } }))
}

fn describe_zones(call: &Call) -> Result<Value, ApiError> {
    let settings = call.view.state.settings();
    let creatable = json!({ "ResourceTypes": ["VSwitch", "Instance"] });
    let zone = |zone: &model::id::ZoneId| {
        json!({
            "ZoneId": zone,
            "LocalName": zone,
            "ZoneType": "AvailabilityZone",
            "AvailableResourceCreation": creatable,
            "AvailableResources": { "ResourcesInfo": [] },
            "AvailableInstanceTypes": { "InstanceTypes": [] },
            "AvailableDiskCategories": { "DiskCategories": [] },
            "AvailableVolumeCategories": { "VolumeCategories": [] },
            "AvailableDedicatedHostTypes": { "DedicatedHostType": [] },
            "DedicatedHostGenerations": { "DedicatedHostGeneration": [] },
        })
    };
    Ok(json!({ "Zones": { "Zone": settings.zones.iter().map(zone).collect::<Vec<_>>() } }))
}
