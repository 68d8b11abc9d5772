//! What instances begin with. There is one image: a writable copy of the host's own file system.

use model::instance::{Image, Instance, InstanceType};
use serde_json::{Value, json};

use super::catalogue::{every, family, gib};
use super::run::{image, invalid};
use crate::actions::list::Labelled;
use crate::actions::older::{Shown, fuzzy, legal_words, many, page, wanted};
use crate::actions::{Action, Call, no_effect, refused_as, works};
use crate::rpc::{ApiError, Params, Product};

const ONE_IMAGE: &str =
    "there is one image, which is the host's own and was not made at any time: ask for its ImageId.";

/// What an image shows under the name that a request asks for it with: no family, no owner, no snapshot.
const SHOWN: [&str; 9] = [
    "Architecture",
    "ImageFamily",
    "ImageOwnerAlias",
    "ImageOwnerId",
    "IsSupportCloudinit",
    "IsSupportIoOptimized",
    "OSType",
    "SnapshotId",
    "Usable",
];

/// Words that may be asked for (the cloud's documentation of DescribeImages).
const WORDS: [(&str, &[&str]); 4] = [
    ("Architecture", &["i386", "x86_64", "arm64"]),
    ("ImageOwnerAlias", &["system", "self", "others", "marketplace"]),
    ("OSType", &["linux", "windows"]),
    ("Usage", &["instance", "none"]),
];

/// Actions about images.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeImages",
        &[
            works("ActionType"),
            works("Architecture"),
            works("ImageFamily"),
            works("ImageId"),
            works("ImageName"),
            works("ImageOwnerAlias"),
            works("ImageOwnerId"),
            works("InstanceType"),
            works("IsPublic"),
            works("IsSupportCloudinit"),
            works("IsSupportIoOptimized"),
            works("OSType"),
            works("PageNumber"),
            works("PageSize"),
            works("ResourceGroupId"),
            works("SnapshotId"),
            works("Status"),
            works("Tag"),
            works("Usable"),
            works("Usage"),
            no_effect("ShowExpired", "the image has no end"),
            refused_as("Filter", "InvalidFilterKey.NotFound", ONE_IMAGE),
        ],
        images,
    ),
    Action::read(
        Product::Ecs,
        "DescribeImageSupportInstanceTypes",
        &[
            works("ImageId"),
            no_effect("ActionType", "any type takes any image"),
            no_effect("Filter", "it has none in the cloud either"),
        ],
        supported,
    ),
];

fn supported(call: &Call) -> Result<Value, ApiError> {
    let image = image(&call.params)?;
    let shape = |kind: &InstanceType| {
        json!({
            "InstanceTypeId": kind,
            "InstanceTypeFamily": family(kind),
            "CpuCoreCount": kind.cpus(),
            "MemorySize": gib(kind),
        })
    };
    let shown: Vec<Value> = every().iter().map(shape).collect();
    Ok(json!({ "RegionId": call.region(), "ImageId": image, "InstanceTypes": { "InstanceType": shown } }))
}

/// Whether a request asks for what any image here is: for new instances, of no community, available.
fn of_this_kind(params: &Params) -> Result<bool, ApiError> {
    let new = params.choice("ActionType", &[("CreateEcs", true), ("ChangeOS", false)])?.unwrap_or(true);
    let community = params.flag("IsPublic")?.unwrap_or(false);
    let available = |word: &String| ["Available", "ALL"].iter().any(|it| it.eq_ignore_ascii_case(word));
    let statuses = many(params, "Status")?;
    Ok(new && !community && statuses.is_none_or(|words| words.iter().any(available)))
}

fn images(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    params.text("InstanceType").map(InstanceType::parse).transpose().map_err(|error| invalid(&error))?;
    let (shown, labelled) = (Shown::of(params, &SHOWN)?, Labelled::of(params)?);
    let kind = of_this_kind(params)?;
    legal_words(params, &WORDS)?;
    let used = call.all_owned::<Instance>().next().is_some();
    let usage = if used { "instance" } else { "none" };
    let row = described(&Image::default(), usage);
    let asked = kind
        && params.text("ImageName").is_none_or(|name| fuzzy(name, Image::default().as_str()))
        && wanted(params, "ImageId", Image::default().as_str())
        && wanted(params, "Usage", usage)
        && labelled.takes_bare()
        && shown.takes(|| row.clone());
    let rows = if asked { vec![row] } else { Vec::new() };
    let mut answer = page(params, ("Images", "Image"), 100, rows, ToString::to_string, Value::clone)?;
    answer["RegionId"] = call.region().into();
    Ok(answer)
}

fn described(image: &Image, usage: &str) -> Value {
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
        "Usable": true,
        "Usage": usage,
        "IsPublic": true,
        "IsSupportCloudinit": false,
        "IsSupportIoOptimized": true,
        "Size": 0,
        "DiskDeviceMappings": { "DiskDeviceMapping": [] },
        "Tags": { "Tag": [] },
    })
}
