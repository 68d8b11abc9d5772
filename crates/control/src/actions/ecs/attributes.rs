//! What an instance is called, what it was told at first boot, and what it says on its console.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::command::Command;
use model::command::instance::ModifyInstance;
use model::instance::{HostName, Instance, InstanceType};
use model::meta::Relabel;
use serde_json::{Value, json};

use super::eni_changes::group_list;
use super::run::invalid;
use crate::actions::{Action, Call, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Product, time};

/// Actions about one instance.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "ModifyInstanceAttribute",
        &[
            works("DeletionProtection"),
            works("Description"),
            works("HostName"),
            works("InstanceId"),
            works("InstanceName"),
            works("SecurityGroupIds"),
            no_effect("CreditSpecification", "nothing is billed"),
            no_effect("Password", "instances have no login of their own: use isthmus exec"),
            no_effect("Recyclable", "instances are deleted at once"),
            no_effect("RemoteConnectionOptions", "instances have no screen to connect to: use isthmus exec"),
            refused(
                "CpuOptions",
                "its type says how many processors an instance has: use ModifyInstanceSpec.",
            ),
            refused("EnableJumboFrame", "packets are as long as the network takes them."),
            refused("EnableNetworkEncryption", "packets are not encrypted on one host."),
            refused("NetworkInterfaceQueueNumber", "an interface has one queue."),
            refused(
                "PrivateDnsNameOptions",
                "instances have no names by themselves: give them some in a private zone.",
            ),
            refused("UserData", "it has run at first boot: make another instance."),
        ],
        modify,
    ),
    Action::write(
        Product::Ecs,
        "ModifyInstanceSpec",
        &[
            works("InstanceId"),
            works("InstanceType"),
            no_effect("AllowMigrateAcrossZone", "an instance stays in its zone"),
            no_effect("Async", "the change holds from the next start on"),
            no_effect("InternetMaxBandwidthIn", "instances have no public address"),
            no_effect("ModifyMode", "a stopped instance is changed"),
            refused("InternetMaxBandwidthOut", "instances have no public address."),
            refused("Temporary", "this version changes nothing by itself."),
            refused("Disk", "an instance has the one disk of its image."),
            refused("SystemDisk", "an instance has the one disk of its image."),
        ],
        resize,
    ),
    Action::read(Product::Ecs, "DescribeUserData", &[works("InstanceId")], user_data),
    Action::read(
        Product::Ecs,
        "GetInstanceConsoleOutput",
        &[works("InstanceId"), no_effect("RemoveSymbols", "the console is shown as it is")],
        console,
    ),
];

fn modify(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let host_name = params.text("HostName").map(HostName::parse).transpose();
    let groups = group_list(params, "SecurityGroupIds")?;
    let command = ModifyInstance {
        instance: call::required_id(params, "InstanceId")?,
        relabel: Relabel {
            name: call::name(params, "InstanceName")?,
            description: call::description(params, "Description")?,
        },
        host_name: host_name.map_err(|error| invalid(&error))?,
        deletion_protection: params.flag("DeletionProtection")?,
        security_groups: (!groups.is_empty()).then_some(groups),
        instance_type: None,
    };
    Ok(Write::silent(Command::ModifyInstance(command)))
}

fn resize(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let instance_type = InstanceType::parse(params.required("InstanceType")?);
    let command = ModifyInstance {
        instance_type: Some(instance_type.map_err(|error| invalid(&error))?),
        ..ModifyInstance::new(call::required_id(params, "InstanceId")?)
    };
    Ok(Write::silent(Command::ModifyInstance(command)))
}

fn user_data(call: &Call) -> Result<Value, ApiError> {
    let instance = call.owned::<Instance>("InstanceId")?;
    let text = instance.user_data.as_ref().map(|data| STANDARD.encode(data.as_bytes())).unwrap_or_default();
    Ok(json!({ "InstanceId": instance.id, "RegionId": call.region(), "UserData": text }))
}

fn console(call: &Call) -> Result<Value, ApiError> {
    let instance = call.owned::<Instance>("InstanceId")?;
    let output = call.view.consoles.read(&instance.id);
    Ok(json!({
        "InstanceId": instance.id,
        "ConsoleOutput": STANDARD.encode(output),
        "LastUpdateTime": time::format(time::now()),
    }))
}
