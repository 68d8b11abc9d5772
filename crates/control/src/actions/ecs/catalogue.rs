//! What instances can be made of. Any type of the form `ecs.FAMILY.SIZE` is possible; a few are listed.

use model::id::ZoneId;
use model::instance::InstanceType;
use model::quota::Quota;
use serde_json::{Value, json};

use crate::actions::older::{Shown, many, text_of, wanted};
use crate::actions::{Action, Call, list, no_effect, refused_as, works};
use crate::rpc::page::{Page, by_token};
use crate::rpc::{ApiError, Params, Product};

/// Families that are listed when none is asked for.
const FAMILIES: [&str; 3] = ["ecs.c6", "ecs.g6", "ecs.r6"];
/// Sizes that are listed of a family.
const SIZES: [&str; 3] = ["large", "xlarge", "2xlarge"];
/// Types of a page of DescribeInstanceTypes.
const PAGE: usize = 1600;
const NO_BILL: &str = "nothing is billed";
const NO_LIMIT: &str = "no type limits it, so each has that much";
const NO_PLACEMENT: &str = "this version has no placement besides zones.";

/// What a type shows under the name that a request asks for it with. None has graphics or a storage of its own, and none tells whose
/// processor the host has.
const SHOWN: [&str; 8] = [
    "CpuArchitecture",
    "GPUSpec",
    "InstanceCategory",
    "InstanceFamilyLevel",
    "InstanceTypeFamily",
    "LocalStorageCategory",
    "NvmeSupport",
    "PhysicalProcessorModel",
];
/// The same where a request may name several.
const LISTS: [(&str, &str); 6] = [
    ("CpuArchitectures", "CpuArchitecture"),
    ("GpuSpecs", "GPUSpec"),
    ("InstanceCategories", "InstanceCategory"),
    ("InstanceTypeFamilies", "InstanceTypeFamily"),
    ("LocalStorageCategories", "LocalStorageCategory"),
    ("PhysicalProcessorModels", "PhysicalProcessorModel"),
];
/// Numbers of a type that have a parameter `Minimum…`.
const LEAST: [&str; 17] = [
    "BaselineCredit",
    "CpuCoreCount",
    "CpuSpeedFrequency",
    "CpuTurboFrequency",
    "DiskQuantity",
    "EniIpv6AddressQuantity",
    "EniPrivateIpAddressQuantity",
    "EniQuantity",
    "EriQuantity",
    "GPUAmount",
    "InitialCredit",
    "LocalStorageAmount",
    "LocalStorageCapacity",
    "MemorySize",
    "PrimaryEniQueueNumber",
    "QueuePairNumber",
    "SecondaryEniQueueNumber",
];
/// Numbers of a type that have a parameter `Maximum…`.
const MOST: [&str; 5] = ["CpuCoreCount", "CpuSpeedFrequency", "CpuTurboFrequency", "GPUAmount", "MemorySize"];

/// Actions about what there is.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeInstanceTypes",
        &[
            works("CpuArchitecture"),
            works("CpuArchitectures"),
            works("GPUSpec"),
            works("GpuSpecs"),
            works("InstanceCategories"),
            works("InstanceCategory"),
            works("InstanceFamilyLevel"),
            works("InstanceTypeFamilies"),
            works("InstanceTypeFamily"),
            works("InstanceTypes"),
            works("LocalStorageCategories"),
            works("LocalStorageCategory"),
            works("MaxResults"),
            works("MaximumCpuCoreCount"),
            works("MaximumCpuSpeedFrequency"),
            works("MaximumCpuTurboFrequency"),
            works("MaximumGPUAmount"),
            works("MaximumMemorySize"),
            works("MinimumBaselineCredit"),
            works("MinimumCpuCoreCount"),
            works("MinimumCpuSpeedFrequency"),
            works("MinimumCpuTurboFrequency"),
            works("MinimumDiskQuantity"),
            works("MinimumEniIpv6AddressQuantity"),
            works("MinimumEniPrivateIpAddressQuantity"),
            works("MinimumEniQuantity"),
            works("MinimumEriQuantity"),
            works("MinimumGPUAmount"),
            works("MinimumInitialCredit"),
            works("MinimumLocalStorageAmount"),
            works("MinimumLocalStorageCapacity"),
            works("MinimumMemorySize"),
            works("MinimumPrimaryEniQueueNumber"),
            works("MinimumQueuePairNumber"),
            works("MinimumSecondaryEniQueueNumber"),
            works("NextToken"),
            works("NvmeSupport"),
            works("PhysicalProcessorModel"),
            works("PhysicalProcessorModels"),
            no_effect("AdditionalAttributes", "every attribute is shown"),
            no_effect("MinimumInstanceBandwidthRx", NO_LIMIT),
            no_effect("MinimumInstanceBandwidthTx", NO_LIMIT),
            no_effect("MinimumInstancePpsRx", NO_LIMIT),
            no_effect("MinimumInstancePpsTx", NO_LIMIT),
        ],
        instance_types,
    ),
    Action::read(
        Product::Ecs,
        "DescribeAvailableResource",
        &[
            works("Cores"),
            works("DataDiskCategory"),
            works("DestinationResource"),
            works("InstanceType"),
            works("IoOptimized"),
            works("Memory"),
            works("NetworkCategory"),
            works("ResourceType"),
            works("ZoneId"),
            no_effect("InstanceChargeType", NO_BILL),
            no_effect("Scope", "nothing is reserved"),
            no_effect("SpotDuration", NO_BILL),
            no_effect("SpotStrategy", NO_BILL),
            no_effect("SystemDiskCategory", "an instance has the one disk of its image"),
            refused_as("DedicatedHostId", "InvalidDedicatedHostId.NotFound", NO_PLACEMENT),
        ],
        available,
    ),
    Action::read(
        Product::Ecs,
        "DescribeInstanceTypeFamilies",
        &[no_effect("Generation", "families of one generation are listed")],
        families,
    ),
];

/// The types that a request names under this name, or those that are listed.
fn types(params: &Params, name: &str) -> Result<Vec<InstanceType>, ApiError> {
    let names = many(params, name)?;
    Ok(names
        .map_or_else(every, |names| names.iter().filter_map(|name| InstanceType::parse(name).ok()).collect()))
}

/// The types that are listed of these families.
fn listed<F: std::fmt::Display>(families: &[F]) -> Vec<InstanceType> {
    let names = families.iter().flat_map(|family| SIZES.map(|size| format!("{family}.{size}")));
    names.filter_map(|name| InstanceType::parse(&name).ok()).collect()
}

/// The types that are listed when nothing is asked for.
pub(super) fn every() -> Vec<InstanceType> {
    listed(&FAMILIES)
}

/// The family of a type: all but its size.
pub(super) fn family(kind: &InstanceType) -> &str {
    kind.as_str().rsplit_once('.').map_or("", |(family, _)| family)
}

fn families(_: &Call) -> Result<Value, ApiError> {
    let shape = |name: &str| json!({ "InstanceTypeFamilyId": name, "Generation": "ecs-6" });
    Ok(json!({ "InstanceTypeFamilies": { "InstanceTypeFamily": FAMILIES.map(shape) } }))
}

fn instance_types(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let (shown, bounds) = (Shown::of(params, &SHOWN)?, bounds(params)?);
    let lists = LISTS.map(|(name, field)| Ok((field, many(params, name)?)));
    let lists = lists.into_iter().collect::<Result<Vec<_>, ApiError>>()?;
    let asked = |row: &Value| {
        let in_list = |(field, asked): &(&str, Option<Vec<String>>)| {
            asked.as_ref().is_none_or(|asked| list::among(asked, &text_of(&row[field])))
        };
        shown.takes(|| row.clone())
            && lists.iter().all(in_list)
            && bounds.iter().all(|bound| bound.takes(row))
    };
    let kinds = match families_asked(params)? {
        Some(families) if !params.has("InstanceTypes") => listed(&families),
        Some(_) | None => types(params, "InstanceTypes")?,
    };
    let rows = kinds.iter().map(|kind| described(call, kind)).filter(asked).collect();
    let Page { items, next, .. } =
        by_token(params, PAGE, PAGE, rows, |row: &Value| text_of(&row["InstanceTypeId"]))?;
    Ok(json!({ "InstanceTypes": { "InstanceType": items }, "NextToken": next }))
}

/// The families that a request names: of those, whichever they are, there are types.
fn families_asked(params: &Params) -> Result<Option<Vec<String>>, ApiError> {
    let one = params.text("InstanceTypeFamily").map(|family| vec![family.to_owned()]);
    Ok(many(params, "InstanceTypeFamilies")?.or(one))
}

/// A bound of a number that a type shows.
struct Bound {
    field: &'static str,
    least: bool,
    asked: f64,
}

impl Bound {
    fn takes(&self, row: &Value) -> bool {
        let fits = |value| if self.least { value >= self.asked } else { value <= self.asked };
        row[self.field].as_f64().is_some_and(fits)
    }
}

/// The bounds of a request: `Minimum…` and `Maximum…` with the name of what a type shows.
fn bounds(params: &Params) -> Result<Vec<Bound>, ApiError> {
    let least = LEAST.map(|field| (format!("Minimum{field}"), field, true));
    let most = MOST.map(|field| (format!("Maximum{field}"), field, false));
    let mut bounds = Vec::new();
    for (name, field, least) in least.into_iter().chain(most) {
        if let Some(text) = params.text(&name) {
            let asked = text.parse().map_err(|_| params.illegal(&name, "give a number."))?;
            bounds.push(Bound { field, least, asked });
        }
    }
    Ok(bounds)
}

/// A type as it is listed. The clock of its processor is the host's own, and its bandwidth is not limited, so it tells neither.
fn described(call: &Call, kind: &InstanceType) -> Value {
    let limit = |quota| call.view.state.limit(call.account, quota);
    json!({
        "InstanceTypeId": kind,
        "InstanceTypeFamily": family(kind),
        "InstanceFamilyLevel": "EnterpriseLevel",
        "InstanceCategory": category(kind),
        "CpuArchitecture": "X86",
        "CpuCoreCount": kind.cpus(),
        "MemorySize": gib(kind),
        "EniQuantity": limit(Quota::EnisAnInstance),
        "EniTotalQuantity": limit(Quota::EnisAnInstance),
        "EniPrivateIpAddressQuantity": limit(Quota::AddressesAnEni),
        "EniIpv6AddressQuantity": limit(Quota::Ipv6AddressesAnEni),
        "EniTrunkSupported": false,
        "PrimaryEniQueueNumber": 1,
        "SecondaryEniQueueNumber": 1,
        "QueuePairNumber": 0,
        "EriQuantity": 0,
        "DiskQuantity": 1,
        "NvmeSupport": "unsupported",
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "GPUAmount": 0,
        "BaselineCredit": 0,
        "InitialCredit": 0,
    })
}

/// What the cloud calls families whose cores have little, some and much memory.
fn category(kind: &InstanceType) -> &'static str {
    match kind.memory_mib() / u64::from(kind.cpus()) {
        0..=2048 => "Compute-optimized",
        2049..=4096 => "General-purpose",
        _ => "Memory-optimized",
    }
}

/// Memory, GiB.
pub(super) fn gib(kind: &InstanceType) -> f64 {
    kind.memory_mib() as f64 / 1024.0
}

/// What of a resource can be had: any type; one network, one category of disks, one way to speak to them; no data disks and no
/// dedicated hosts.
fn resources(params: &Params) -> Result<(&'static str, Vec<String>), ApiError> {
    let one = |word: &str| vec![word.to_owned()];
    let words = ["Zone", "InstanceType", "IoOptimized", "Network", "SystemDisk", "DataDisk", "ddh"];
    let asked = params.choice("DestinationResource", &words.map(|word| (word, word)))?;
    let asked = asked.unwrap_or("InstanceType");
    let found = match asked {
        "IoOptimized" => one("optimized"),
        "Network" => one("vpc"),
        "SystemDisk" => one("cloud_essd"),
        "DataDisk" | "ddh" => Vec::new(),
        _ => sized(params)?.iter().map(|kind| kind.as_str().to_owned()).collect(),
    };
    // Zones are listed with the types that they have.
    Ok((if asked == "Zone" { "InstanceType" } else { asked }, found))
}

/// The types that a request names, or those of this size.
fn sized(params: &Params) -> Result<Vec<InstanceType>, ApiError> {
    let cores = params.number("Cores", 1..=u32::MAX)?;
    let memory = params.text("Memory").map(|text| text.parse::<f64>().ok().filter(|size| *size > 0.0));
    let memory =
        memory.map(|size| size.ok_or_else(|| params.illegal("Memory", "give a size in GiB."))).transpose()?;
    if params.has("InstanceType") && (cores.is_some() || memory.is_some()) {
        let message = "Give InstanceType, or Cores and Memory.";
        return Err(ApiError::new(403, "InvalidParam.TypeAndCpuMem.Conflict", message));
    }
    let asked = |kind: &InstanceType| {
        cores.is_none_or(|cores| cores == kind.cpus()) && memory.is_none_or(|memory| memory == gib(kind))
    };
    Ok(types(params, "InstanceType")?.into_iter().filter(asked).collect())
}

/// Whether what is asked for can be had at all.
fn had(params: &Params) -> Result<bool, ApiError> {
    let kinds = [("instance", true), ("disk", true), ("reservedinstance", false), ("ddh", false)];
    let resource = params.choice("ResourceType", &kinds)?.unwrap_or(true);
    let network = params.choice("NetworkCategory", &[("vpc", true), ("classic", false)])?.unwrap_or(true);
    let optimized = params.choice("IoOptimized", &[("optimized", true), ("none", false)])?.unwrap_or(true);
    Ok(resource && network && optimized && !params.has("DataDiskCategory"))
}

fn available(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let offered =
        |value: &String| json!({ "Value": value, "Status": "Available", "StatusCategory": "WithStock" });
    let ((resource, values), had) = (resources(params)?, had(params)?);
    let values: Vec<_> = values.iter().map(offered).collect();
    let settings = call.view.state.settings();
    let zones = settings.zones.iter().filter(|zone| had && wanted(params, "ZoneId", zone.as_str()));
    let zone = |zone: &ZoneId| {
        let resource = json!({ "Type": resource, "SupportedResources": { "SupportedResource": values } });
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
