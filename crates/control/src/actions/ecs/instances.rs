//! What instances are, and what they do.

use std::sync::Arc;

use model::instance::{Eni, Instance};
use model::key_pair::KeyPair;
use model::status::InstanceStatus;
use serde_json::{Value, json};

use super::eni_shape;
use crate::actions::list::{self, resource_group};
use crate::actions::older::{self, Shown, ecs_tags, legal_words, many, page, wanted};
use crate::actions::{Action, Call, View, no_effect, works};
use crate::rpc::{ApiError, Product, time};

/// Most instances that a request names.
const NAMED: usize = 100;

/// Refuses more instances than a request may name.
pub(super) fn few_instances(count: usize) -> Result<(), ApiError> {
    if count <= NAMED {
        return Ok(());
    }
    let message = format!("{count} instances are named. Name at most {NAMED}.");
    Err(ApiError::new(403, "InvalidParameter.TooManyInstanceIds", message))
}

/// Actions that describe instances.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeInstances",
        &[
            works("DeviceAvailable"),
            works("EipAddresses"),
            works("Filter"),
            works("HpcClusterId"),
            works("HttpEndpoint"),
            works("HttpPutResponseHopLimit"),
            works("HttpTokens"),
            works("ImageId"),
            works("InnerIpAddresses"),
            works("InstanceChargeType"),
            works("InstanceIds"),
            works("InstanceName"),
            works("InstanceNetworkType"),
            works("InstanceType"),
            works("InstanceTypeFamily"),
            works("InternetChargeType"),
            works("IoOptimized"),
            works("Ipv6Address"),
            works("KeyPairName"),
            works("LockReason"),
            works("MaxResults"),
            works("NextToken"),
            works("PageNumber"),
            works("PageSize"),
            works("PrivateIpAddresses"),
            works("PublicIpAddresses"),
            works("RdmaIpAddresses"),
            works("ResourceGroupId"),
            works("SecurityGroupId"),
            works("Status"),
            works("Tag"),
            works("VSwitchId"),
            works("VpcId"),
            works("ZoneId"),
            no_effect("AdditionalAttributes", "every attribute is shown"),
            no_effect("NeedSaleCycle", "nothing is sold"),
        ],
        describe,
    ),
    Action::read(
        Product::Ecs,
        "DescribeInstanceStatus",
        &[
            works("InstanceId"),
            works("PageNumber"),
            works("PageSize"),
            works("ZoneId"),
            no_effect("ClusterId", "there are no clusters inside of a zone"),
        ],
        describe_status,
    ),
    Action::read(Product::Ecs, "DescribeInstanceAttribute", &[works("InstanceId")], |call| {
        let instance = call.owned::<Instance>("InstanceId")?;
        let mut shown = body(&call.view, instance);
        // A word here, a flag in DescribeInstances.
        shown["IoOptimized"] = json!("optimized");
        Ok(shown)
    }),
];

/// What an instance shows under the name that a request asks for it with: no address outside of its VPC, and no lock.
const SHOWN: [&str; 14] = [
    "DeviceAvailable",
    "EipAddresses",
    "HpcClusterId",
    "HttpEndpoint",
    "HttpPutResponseHopLimit",
    "HttpTokens",
    "InnerIpAddresses",
    "InstanceChargeType",
    "InstanceTypeFamily",
    "InternetChargeType",
    "IoOptimized",
    "LockReason",
    "PublicIpAddresses",
    "RdmaIpAddresses",
];

/// Words that may be asked for (the cloud's documentation of DescribeInstances).
const WORDS: [(&str, &[&str]); 6] = [
    ("InstanceNetworkType", &["vpc", "classic"]),
    ("InstanceChargeType", &["PostPaid", "PrePaid"]),
    ("InternetChargeType", &["PayByTraffic", "PayByBandwidth"]),
    ("LockReason", &["financial", "security", "recycling", "dedicatedhostfinancial", "refunded"]),
    ("DeviceAvailable", &["true", "false"]),
    ("IoOptimized", &["true", "false"]),
];

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let filter = older::Filter::of(params, "InstanceIds", "InstanceName")?;
    let addresses = many(params, "PrivateIpAddresses")?;
    let ipv6 = many(params, "Ipv6Address")?;
    let shown = Shown::of(params, &SHOWN)?;
    params.word::<InstanceStatus>("Status")?;
    legal_words(params, &WORDS)?;
    let asked = |instance: &&Arc<Instance>| {
        filter.takes(instance.id.as_str(), &instance.meta)
            && wanted(params, "ImageId", instance.image.as_str())
            && wanted(params, "InstanceType", instance.instance_type.as_str())
            && wanted(params, "InstanceNetworkType", "vpc")
            && wanted(params, "KeyPairName", &key_pair(&call.view, instance))
            && wanted(params, "Status", &status_of(&call.view, instance))
            && wanted(params, "ZoneId", instance.zone.as_str())
            && attached(call, [addresses.as_deref(), ipv6.as_deref()], instance)
            && shown.takes(|| merged(own(&call.view, instance), metadata(instance)))
    };
    let instances: Vec<Arc<Instance>> = call.all_owned::<Instance>().filter(asked).cloned().collect();
    let names = ("Instances", "Instance");
    page(
        params,
        names,
        100,
        instances,
        |instance| instance.id.to_string(),
        |instance| body(&call.view, instance),
    )
}

/// How an instance may ask about itself.
fn metadata(instance: &Instance) -> Value {
    json!({
        "HttpEndpoint": if instance.metadata.off { "disabled" } else { "enabled" },
        "HttpTokens": if instance.metadata.needs_token { "required" } else { "optional" },
        "HttpPutResponseHopLimit": 1,
    })
}

/// One object of what two show.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut one, other) {
        all.extend(more);
    }
    one
}

/// Whether one of an instance's interfaces is where the request looks.
fn attached(call: &Call, [addresses, ipv6]: [Option<&[String]>; 2], instance: &Instance) -> bool {
    let params = &call.params;
    let grouped = |eni: &Eni| {
        let asked = params.text("SecurityGroupId");
        asked.is_none_or(|group| eni.security_groups.iter().any(|member| member.as_str() == group))
    };
    let addressed = |eni: &Eni| {
        addresses.is_none_or(|asked| eni.addresses().any(|own| asked.contains(&own.to_string())))
            && ipv6.is_none_or(|asked| eni_shape::has_ipv6(eni, asked))
    };
    let mut enis = call.view.state.enis_of_instance(&instance.id);
    enis.any(|eni| {
        grouped(eni)
            && addressed(eni)
            && wanted(params, "VpcId", eni.vpc.as_str())
            && wanted(params, "VSwitchId", eni.vswitch.as_str())
    })
}

fn describe_status(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let (ids, zone) = (many(params, "InstanceId")?, call.zone("ZoneId")?);
    few_instances(ids.as_ref().map_or(0, Vec::len))?;
    let asked = |instance: &&Arc<Instance>| {
        ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == instance.id.as_str()))
            && list::is(zone, instance.zone.as_str())
    };
    let instances: Vec<Arc<Instance>> = call.all_owned::<Instance>().filter(asked).cloned().collect();
    let shape = |instance: &Arc<Instance>| json!({ "InstanceId": instance.id, "Status": status_of(&call.view, instance) });
    page(
        params,
        ("InstanceStatuses", "InstanceStatus"),
        50,
        instances,
        |instance| instance.id.to_string(),
        shape,
    )
}

fn status_of(view: &View, instance: &Instance) -> String {
    view.status().instance(instance).to_string()
}

fn body(view: &View, instance: &Instance) -> Value {
    let mut body = own(view, instance);
    body["AutoReleaseTime"] = json!(instance.release_at.map(time::format).unwrap_or_default());
    body["MetadataOptions"] = metadata(instance);
    if let Some(eni) = view.state.get::<Eni>(&instance.eni) {
        let address = json!({ "IpAddress": [eni.address] });
        body["VpcAttributes"] = json!({ "VpcId": eni.vpc, "VSwitchId": eni.vswitch, "PrivateIpAddress": address, "NatIpAddress": "" });
        body["SecurityGroupIds"] = json!({ "SecurityGroupId": eni.security_groups });
        let mut enis: Vec<_> = view.state.enis_of_instance(&instance.id).collect();
        enis.sort_by_key(|eni| !eni.is_primary());
        let shown: Vec<Value> = enis.into_iter().map(|eni| interface(eni)).collect();
        body["NetworkInterfaces"] = json!({ "NetworkInterface": shown });
    }
    body
}

fn interface(eni: &Eni) -> Value {
    json!({
        "NetworkInterfaceId": eni.id,
        "MacAddress": eni.mac().to_string(),
        "Type": eni_shape::kind(eni),
        "PrimaryIpAddress": eni.address,
        "PrivateIpSets": eni_shape::addresses(eni),
        "Ipv6Sets": eni_shape::ipv6_addresses(eni),
        "Ipv4PrefixSets": { "Ipv4PrefixSet": [] },
        "Ipv6PrefixSets": { "Ipv6PrefixSet": [] },
    })
}

/// The name of its key pair; empty when it has none.
fn key_pair(view: &View, instance: &Instance) -> String {
    let row = instance.key_pair.as_ref().and_then(|id| view.state.get::<KeyPair>(id));
    row.map(|row| row.meta.name.to_string()).unwrap_or_default()
}

fn own(view: &View, instance: &Instance) -> Value {
    let created = time::format_minutes(instance.meta.created);
    let family = instance.instance_type.as_str().rsplit_once('.').map_or("", |(family, _)| family);
    json!({
        "InstanceId": instance.id,
        "InstanceName": instance.meta.name,
        "Description": instance.meta.description,
        "HostName": instance.host_name,
        "Status": status_of(view, instance),
        "StoppedMode": "Not-applicable",
        "ImageId": instance.image,
        "InstanceType": instance.instance_type,
        "InstanceTypeFamily": family,
        "Cpu": instance.instance_type.cpus(),
        "Memory": instance.instance_type.memory_mib(),
        "OSType": "linux",
        "OSName": "Linux",
        "OSNameEn": "Linux",
        "RegionId": view.state.settings().region,
        "ZoneId": instance.zone,
        "InstanceNetworkType": "vpc",
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 0,
        "InternetMaxBandwidthOut": 0,
        "IoOptimized": true,
        "SpotStrategy": "NoSpot",
        "DeletionProtection": instance.deletion_protection,
        "KeyPairName": key_pair(view, instance),
        "DeviceAvailable": true,
        "Recyclable": false,
        "SerialNumber": instance.id,
        "CreationTime": created,
        "StartTime": created,
        "ExpiredTime": "2099-12-31T15:59Z",
        "PublicIpAddress": { "IpAddress": [] },
        "InnerIpAddress": { "IpAddress": [] },
        "RdmaIpAddress": { "IpAddress": [] },
        "EipAddress": { "AllocationId": "", "IpAddress": "", "InternetChargeType": "" },
        "OperationLocks": { "LockReason": [] },
        "SecurityGroupIds": { "SecurityGroupId": [] },
        "NetworkInterfaces": { "NetworkInterface": [] },
        "ResourceGroupId": resource_group(&instance.meta),
        "Tags": ecs_tags(&instance.meta),
    })
}
