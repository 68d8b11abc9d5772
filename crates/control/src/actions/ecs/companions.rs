//! What clients ask beside an instance: its disk, roles, maintenance, renewal, events, reservations. Terraform reads most
//! of these with every instance.

use std::sync::Arc;

use model::instance::Instance;
use model::tables::Kind;
use serde_json::{Value, json};

use super::instances::few_instances;
use crate::actions::list::{Labelled, is, resource_group};
use crate::actions::older::{Shown, legal_words, many, page, wanted};
use crate::actions::{Action, Call, Param, no_effect, refusal, works};
use crate::rpc::{ApiError, Product, time};

/// What the cloud makes when no size is asked for, GiB. Here a disk is a layer over its image, as large as the host's own.
const DISK_SIZE: u32 = 40;
/// What the cloud makes when no category is asked for.
const CATEGORY: &str = "cloud_essd";
/// Words that may be asked for (the cloud's documentation of DescribeDisks). In the cloud a disk need not be in use.
const WORDS: [(&str, &[&str]); 6] = [
    ("Status", &["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting", "All"]),
    ("DiskType", &["all", "system", "data"]),
    (
        "Category",
        &[
            "all",
            "cloud",
            "cloud_efficiency",
            "cloud_ssd",
            CATEGORY,
            "cloud_auto",
            "cloud_regional_disk_auto",
            "cloud_essd_entry",
            "elastic_ephemeral_disk_standard",
            "elastic_ephemeral_disk_premium",
            "local_ssd_pro",
            "local_hdd_pro",
            "ephemeral",
            "ephemeral_ssd",
        ],
    ),
    ("DiskChargeType", &["PostPaid", "PrePaid"]),
    ("LockReason", &["financial", "security"]),
    ("MultiAttach", &["Disabled", "Enabled", "LegacyShared"]),
];
const NO_EVENTS: &str = "an instance has no such events";

const fn read(
    name: &'static str,
    params: &'static [Param],
    handler: fn(&Call) -> Result<Value, ApiError>,
) -> Action {
    Action::read(Product::Ecs, name, params, handler)
}

/// Actions about what belongs to instances.
pub(super) const ACTIONS: &[Action] = &[
    read(
        "DescribeDisks",
        &[
            works("DiskIds"),
            works("InstanceId"),
            works("DiskType"),
            works("Status"),
            works("ZoneId"),
            works("ResourceGroupId"),
            works("PageNumber"),
            works("PageSize"),
            works("MaxResults"),
            works("NextToken"),
            works("AutoSnapshotPolicyId"),
            works("Category"),
            works("DeleteAutoSnapshot"),
            works("DeleteWithInstance"),
            works("DiskChargeType"),
            works("DiskName"),
            works("EnableAutoSnapshot"),
            works("EnableAutomatedSnapshotPolicy"),
            works("EnableShared"),
            works("Encrypted"),
            works("Filter"),
            works("KMSKeyId"),
            works("LockReason"),
            works("MultiAttach"),
            works("PerformanceLevel"),
            works("Portable"),
            works("SnapshotId"),
            works("Tag"),
            no_effect("AdditionalAttributes", "every attribute is shown"),
        ],
        disks,
    ),
    read(
        "DescribeInstanceRamRole",
        &[
            works("InstanceIds"),
            works("PageNumber"),
            works("PageSize"),
            no_effect("RamRoleName", "instances have no roles"),
        ],
        roles,
    ),
    read(
        "DescribeInstanceMaintenanceAttributes",
        &[works("InstanceId"), works("PageNumber"), works("PageSize")],
        maintenance,
    ),
    read(
        "DescribeInstanceAttachmentAttributes",
        &[works("InstanceIds"), works("PageNumber"), works("PageSize")],
        reservations,
    ),
    read(
        "DescribeInstanceAutoRenewAttribute",
        &[works("InstanceId"), works("PageNumber"), works("PageSize"), works("RenewalStatus")],
        renewals,
    ),
    read(
        "DescribeInstanceHistoryEvents",
        &[
            works("InstanceId"),
            works("PageNumber"),
            works("PageSize"),
            works("MaxResults"),
            works("NextToken"),
            no_effect("ImpactLevel", NO_EVENTS),
            no_effect("ResourceGroupId", NO_EVENTS),
            no_effect("ResourceId", NO_EVENTS),
            no_effect("ResourceType", NO_EVENTS),
            no_effect("Tag", NO_EVENTS),
            no_effect("EventId", NO_EVENTS),
            no_effect("EventCycleStatus", NO_EVENTS),
            no_effect("EventType", NO_EVENTS),
            no_effect("EventPublishTime", NO_EVENTS),
            no_effect("InstanceEventCycleStatus", NO_EVENTS),
            no_effect("InstanceEventType", NO_EVENTS),
            no_effect("NotBefore", NO_EVENTS),
        ],
        events,
    ),
];

/// Instances that a request names under `ids`, or all.
fn instances(call: &Call, ids: &str) -> Result<Vec<Arc<Instance>>, ApiError> {
    let ids = many(&call.params, ids)?;
    few_instances(ids.as_ref().map_or(0, Vec::len))?;
    let asked = |instance: &&Arc<Instance>| {
        ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == instance.id.as_str()))
    };
    Ok(call.all_owned::<Instance>().filter(asked).cloned().collect())
}

/// The same, where one that is not there is refused.
fn known_instances(call: &Call, ids: &str) -> Result<Vec<Arc<Instance>>, ApiError> {
    let found = instances(call, ids)?;
    let asked = many(&call.params, ids)?.unwrap_or_default();
    match asked.iter().find(|id| found.iter().all(|one| one.id.as_str() != *id)) {
        Some(unknown) => Err(refusal::not_found(Product::Ecs, Kind::Instance, unknown)),
        None => Ok(found),
    }
}

/// A page with one row for each instance.
fn rows(
    call: &Call,
    names: (&str, &str),
    found: Vec<Arc<Instance>>,
    shape: impl Fn(&Instance) -> Value,
) -> Result<Value, ApiError> {
    page(&call.params, names, 100, found, |instance| instance.id.to_string(), |instance| shape(instance))
}

/// The id of an instance's disk: its own, with the prefix of disks.
fn disk_id(instance: &Instance) -> String {
    instance.id.as_str().replacen("i-", "d-", 1)
}

/// What a disk shows under the name that a request asks for it with. It has no snapshots, no keys and no locks.
const SHOWN: [&str; 15] = [
    "AutoSnapshotPolicyId",
    "DeleteAutoSnapshot",
    "DeleteWithInstance",
    "DiskChargeType",
    "DiskName",
    "EnableAutoSnapshot",
    "EnableAutomatedSnapshotPolicy",
    "EnableShared",
    "Encrypted",
    "KMSKeyId",
    "LockReason",
    "MultiAttach",
    "PerformanceLevel",
    "Portable",
    "SnapshotId",
];

fn disks(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let (ids, zone) = (many(params, "DiskIds")?, call.zone("ZoneId")?);
    let (shown, labelled) = (Shown::of(params, &SHOWN)?, Labelled::of(params)?);
    legal_words(params, &WORDS)?;
    let asked = |instance: &Arc<Instance>| {
        ids.as_ref().is_none_or(|ids| ids.contains(&disk_id(instance)))
            && (wanted(params, "Status", "In_use") || wanted(params, "Status", "All"))
            && is(zone, instance.zone.as_str())
            && wanted(params, "ResourceGroupId", resource_group(&instance.meta))
            && (wanted(params, "DiskType", "system") || wanted(params, "DiskType", "all"))
            && (wanted(params, "Category", CATEGORY) || wanted(params, "Category", "all"))
            && labelled.takes_untagged()
            && shown.takes(|| disk(call, instance))
    };
    let found = instances(call, "InstanceId")?.into_iter().filter(asked).collect();
    rows(call, ("Disks", "Disk"), found, |instance| disk(call, instance))
}

fn disk(call: &Call, instance: &Instance) -> Value {
    let created = time::format_minutes(instance.meta.created);
    let attachment = json!({ "InstanceId": instance.id, "Device": "/dev/xvda", "AttachedTime": created });
    json!({
        "DiskId": disk_id(instance),
        "DiskName": "",
        "Description": "",
        "InstanceId": instance.id,
        "ImageId": instance.image,
        "Type": "system",
        "Category": CATEGORY,
        "Device": "/dev/xvda",
        "Size": DISK_SIZE,
        "Status": "In_use",
        "Portable": false,
        "Encrypted": false,
        "DeleteWithInstance": true,
        "DeleteAutoSnapshot": false,
        "EnableAutoSnapshot": false,
        "EnableAutomatedSnapshotPolicy": false,
        "EnableShared": false,
        "DiskChargeType": "PostPaid",
        "RegionId": call.region(),
        "ZoneId": instance.zone,
        "ResourceGroupId": resource_group(&instance.meta),
        "CreationTime": created,
        "AttachedTime": created,
        "DetachedTime": "",
        "ExpiredTime": "2099-12-31T15:59Z",
        "MultiAttach": "Disabled",
        "Attachments": { "Attachment": [attachment] },
        "MountInstances": { "MountInstance": [] },
        "OperationLocks": { "OperationLock": [] },
        "Tags": { "Tag": [] },
    })
}

fn roles(call: &Call) -> Result<Value, ApiError> {
    let none = |instance: &Instance| json!({ "InstanceId": instance.id, "RamRoleName": "" });
    let found = known_instances(call, "InstanceIds")?;
    let mut answer = rows(call, ("InstanceRamRoleSets", "InstanceRamRoleSet"), found, none)?;
    answer["RegionId"] = call.region().into();
    Ok(answer)
}

/// Nobody maintains instances: one that ends by itself is started again only when it is asked for.
fn maintenance(call: &Call) -> Result<Value, ApiError> {
    let shape = |instance: &Instance| {
        let action = json!({
            "Value": "Stop",
            "DefaultValue": "Stop",
            "SupportedValues": { "SupportedValue": ["Stop"] },
        });
        json!({
            "InstanceId": instance.id,
            "ActionOnMaintenance": action,
            "MaintenanceWindows": { "MaintenanceWindow": [] },
            "NotifyOnMaintenance": false,
        })
    };
    rows(call, ("MaintenanceAttributes", "MaintenanceAttribute"), known_instances(call, "InstanceId")?, shape)
}

fn reservations(call: &Call) -> Result<Value, ApiError> {
    call.params.required("InstanceIds")?;
    let shape = |instance: &Instance| json!({ "InstanceId": instance.id, "PrivatePoolOptionsMatchCriteria": "None", "PrivatePoolOptionsId": "" });
    rows(call, ("Instances", "Instance"), known_instances(call, "InstanceIds")?, shape)
}

fn renewals(call: &Call) -> Result<Value, ApiError> {
    if !call.params.has("RenewalStatus") {
        call.params.required("InstanceId")?;
    }
    // No instance is renewed by itself, and none has an end that could be near.
    let statuses = [("AutoRenewal", false), ("Normal", false), ("NotRenewal", true)];
    let asked = call.params.choice("RenewalStatus", &statuses)?;
    let found = if asked.unwrap_or(true) { instances(call, "InstanceId")? } else { Vec::new() };
    let shape = |instance: &Instance| {
        json!({
            "InstanceId": instance.id,
            "AutoRenewEnabled": false,
            "Duration": 0,
            "PeriodUnit": "",
            "RenewalStatus": "NotRenewal",
            "EnableExpectedRenewDay": false,
        })
    };
    rows(call, ("InstanceRenewAttributes", "InstanceRenewAttribute"), found, shape)
}

fn events(call: &Call) -> Result<Value, ApiError> {
    if call.params.has("InstanceId") {
        call.owned::<Instance>("InstanceId")?;
    }
    rows(call, ("InstanceSystemEventSet", "InstanceSystemEventType"), Vec::new(), |_| Value::Null)
}
