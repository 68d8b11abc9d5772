//! What instances can be made of. Any type of the form `ecs.FAMILY.SIZE` is possible; a few are listed.

use model::instance::{Image, InstanceType};
use model::quota::Quota;
use serde_json::{Value, json};

use crate::actions::older::{many, page};
use crate::actions::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const LISTED: [&str; 9] = [
    "ecs.c6.large",
    "ecs.c6.xlarge",
    "ecs.c6.2xlarge",
    "ecs.g6.large",
    "ecs.g6.xlarge",
    "ecs.g6.2xlarge",
    "ecs.r6.large",
    "ecs.r6.xlarge",
    "ecs.r6.2xlarge",
];
const NOT_ASKED: &str = "the list is short";

/// Actions about what there is.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeInstanceTypes",
        &[works("InstanceTypes"), no_effect("MaxResults", NOT_ASKED), no_effect("NextToken", NOT_ASKED)],
        instance_types,
    ),
    Action::read(
        Product::Ecs,
        "DescribeImages",
        &[
            works("ImageId"),
            works("PageNumber"),
            works("PageSize"),
            no_effect("ImageOwnerAlias", NOT_ASKED),
            no_effect("OSType", NOT_ASKED),
            no_effect("Status", NOT_ASKED),
        ],
        images,
    ),
    Action::read(
        Product::Ecs,
        "DescribeAvailableResource",
        &[
            works("InstanceType"),
            works("ZoneId"),
            no_effect("DestinationResource", "types are listed"),
            no_effect("InstanceChargeType", "nothing is billed"),
            no_effect("IoOptimized", NOT_ASKED),
            no_effect("NetworkCategory", NOT_ASKED),
        ],
        available,
    ),
    Action::read(
        Product::Ecs,
        "DescribeInstanceTypeFamilies",
        &[no_effect("Generation", "families of one generation are listed")],
        families,
    ),
    Action::read(
        Product::Ecs,
        "DescribeImageSupportInstanceTypes",
        &[works("ImageId"), no_effect("ActionType", "any type takes any image")],
        supported,
    ),
];

/// The types that a request names, or those listed.
fn types(params: &Params, name: &str) -> Result<Vec<InstanceType>, ApiError> {
    let listed = || LISTED.map(str::to_owned).to_vec();
    let names = many(params, name)?.unwrap_or_else(listed);
    Ok(names.iter().filter_map(|name| InstanceType::parse(name).ok()).collect())
}

/// The family of a type: all but its size.
fn family(kind: &InstanceType) -> &str {
    kind.as_str().rsplit_once('.').map_or("", |(family, _)| family)
}

fn families(_: &Call) -> Result<Value, ApiError> {
    let mut names = LISTED.map(|kind| kind.rsplit_once('.').map_or("", |(family, _)| family)).to_vec();
    names.dedup();
    let shape = |name: &str| json!({ "InstanceTypeFamilyId": name, "Generation": "ecs-6" });
    let shown: Vec<Value> = names.into_iter().map(shape).collect();
    Ok(json!({ "InstanceTypeFamilies": { "InstanceTypeFamily": shown } }))
}

fn supported(call: &Call) -> Result<Value, ApiError> {
    let image = super::run::image(&call.params)?;
    let shape = |kind: &InstanceType| {
        json!({
            "InstanceTypeId": kind,
            "InstanceTypeFamily": family(kind),
            "CpuCoreCount": kind.cpus(),
            "MemorySize": kind.memory_mib() as f64 / 1024.0,
        })
    };
    let shown: Vec<Value> = types(&call.params, "InstanceTypes")?.iter().map(shape).collect();
    Ok(json!({ "RegionId": call.region(), "ImageId": image, "InstanceTypes": { "InstanceType": shown } }))
}

fn instance_types(call: &Call) -> Result<Value, ApiError> {
    let limit = |quota| call.view.state.limit(call.account, quota);
    let shape = |kind: &InstanceType| {
        json!({
            "InstanceTypeId": kind,
            "InstanceTypeFamily": family(kind),
            "CpuCoreCount": kind.cpus(),
            "MemorySize": kind.memory_mib() as f64 / 1024.0,
            "EniQuantity": limit(Quota::EnisAnInstance),
            "EniPrivateIpAddressQuantity": limit(Quota::AddressesAnEni),
            "EniIpv6AddressQuantity": limit(Quota::Ipv6AddressesAnEni),
            "GPUAmount": 0,
        })
    };
    let shown: Vec<_> = types(&call.params, "InstanceTypes")?.iter().map(shape).collect();
    Ok(json!({ "InstanceTypes": { "InstanceType": shown }, "NextToken": "" }))
}

fn images(call: &Call) -> Result<Value, ApiError> {
    let asked = call.params.text("ImageId").is_none_or(|id| id == Image::default().as_str());
    let images = if asked { vec![Image::default()] } else { Vec::new() };
    let shape = |image: &Image| {
        json!({
            "ImageId": image,
            "ImageName": image,
            "Description": "A writable copy of the host's own file system",
            "ImageOwnerAlias": "system",
            "OSType": "linux",
            "OSName": "Linux",
            "Platform": "Linux",
            "Architecture": "x86_64",
            "Status": "Available",
            "Progress": "100%",
            "Usage": "instance",
            "IsPublic": true,
            "IsSupportCloudinit": false,
            "IsSupportIoOptimized": true,
            "Size": 0,
            "DiskDeviceMappings": { "DiskDeviceMapping": [] },
            "Tags": { "Tag": [] },
        })
    };
    let mut answer =
        page(&call.params, ("Images", "Image"), 100, images, |image| image.as_str().to_owned(), shape)?;
    answer["RegionId"] = call.region().into();
    Ok(answer)
}

fn available(call: &Call) -> Result<Value, ApiError> {
    let offered =
        |kind: &InstanceType| json!({ "Value": kind, "Status": "Available", "StatusCategory": "WithStock" });
    let kinds: Vec<_> = types(&call.params, "InstanceType")?.iter().map(offered).collect();
    let settings = call.view.state.settings();
    let zones =
        settings.zones.iter().filter(|zone| call.params.text("ZoneId").is_none_or(|id| id == zone.as_str()));
    let zone = |zone: &model::id::ZoneId| {
        let resource =
            json!({ "Type": "InstanceType", "SupportedResources": { "SupportedResource": kinds } });
        json!({
            "RegionId": settings.region,
            "ZoneId": zone,
            "Status": "Available",
            "StatusCategory": "WithStock",
            "AvailableResources": { "AvailableResource": [resource] },
        })
    };
    Ok(json!({ "AvailableZones": { "AvailableZone": zones.map(zone).collect::<Vec<_>>() } }))
}
