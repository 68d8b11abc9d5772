//! Actions whose documentation has a code of its own for what the rest of their product calls otherwise.

use std::borrow::Cow;

use super::Code;
use crate::actions::Action;
use crate::rpc::ApiError;
use crate::rpc::Product::{self, Ecs, Nlb, Privatelink, Vpc};

/// What some actions of a product call otherwise: their names, what the rest of the product says, what they say.
struct Otherwise(Product, &'static [&'static str], &'static [&'static str], Code);

const RULES_OUT: &[&str] =
    &["AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress", "ModifySecurityGroupEgressRule"];
const RULES_IN: &[&str] = &["AuthorizeSecurityGroup", "RevokeSecurityGroup", "ModifySecurityGroupRule"];
const RULE_CHANGES: &[&str] = &["ModifySecurityGroupRule", "ModifySecurityGroupEgressRule"];
const GROUPS: &[&str] = &["CreateSecurityGroup", "ModifySecurityGroupAttribute"];
const INSTANCES: &[&str] = &["RunInstances", "CreateInstance", "ModifyInstanceAttribute"];
const INTERFACES: &[&str] = &["CreateNetworkInterface", "ModifyNetworkInterfaceAttribute"];
const NEW_COMMANDS: &[&str] = &["CreateCommand", "RunCommand"];
const VPCS: &[&str] = &["CreateVpc", "ModifyVpcAttribute"];
const VSWITCHES: &[&str] = &["CreateVSwitch", "ModifyVSwitchAttribute"];
const COMMANDS: &[&str] = &["InvokeCommand", "RunCommand"];
const TAGGING: &[&str] = &["TagResources", "UntagResources"];
const TAGS: &[&str] = &["TagResources", "UntagResources", "ListTagResources"];
const VPC_TAGGING: &[&str] = &["TagResources", "UnTagResources"];
const VPC_TAGS: &[&str] = &["TagResources", "UnTagResources", "ListTagResources"];
const VPC_TAG_FILTERS: &[&str] = &["DescribeVpcs", "DescribeVSwitches", "DescribeRouteTableList"];
const VPC_KINDS: &[&str] =
    &["InvalidVpcId.NotFound", "InvalidVSwitchId.NotFound", "InvalidRouteTableId.NotFound"];
const ECS_KINDS: &[&str] = &[
    "InvalidInstanceId.NotFound",
    "InvalidEniId.NotFound",
    "InvalidSecurityGroupId.NotFound",
    "InvalidKeyPairName.NotFound",
    "InvalidCmdId.NotFound",
    "InvalidInvokeId.NotFound",
];

const OTHERWISE: &[Otherwise] = &[
    Otherwise(
        Ecs,
        &["CreateNetworkInterface", "ModifyNetworkInterfaceAttribute"],
        &["InvalidSecurityGroup.VpcMismatch"],
        (403, "InvalidOperation.VpcMismatch"),
    ),
    Otherwise(
        Ecs,
        &["DescribeSecurityGroups"],
        &["InvalidParameter.NextToken"],
        (400, "InValidParameter.NextToken"),
    ),
    Otherwise(Ecs, &["ListTagResources"], &["InvalidParameter.NextToken"], (403, "Invalid.NextToken")),
    Otherwise(Ecs, &["DescribeDisks"], &["InvalidZoneId.NotFound"], (400, "InvalidZoneId.NotFound")),
    Otherwise(Ecs, RULES_OUT, &["InvalidSourceGroupId.NotFound"], (404, "InvalidDestGroupId.NotFound")),
    Otherwise(Ecs, RULES_OUT, &["InvalidSourceCidrIp.Malformed"], (400, "InvalidDestCidrIp.Malformed")),
    Otherwise(Ecs, RULES_OUT, &["MissingParameter.Source"], (400, "MissingParameter.Dest")),
    Otherwise(Ecs, RULES_OUT, &["InvalidSecurityGroup.VpcMismatch"], (400, "InvalidDestGroupId.Mismatch")),
    Otherwise(Ecs, RULES_IN, &["InvalidSecurityGroup.VpcMismatch"], (400, "InvalidSourceGroupId.Mismatch")),
    Otherwise(Ecs, RULE_CHANGES, &["InvalidPortRange.Malformed"], (400, "InvalidParam.PortRange")),
    Otherwise(Ecs, COMMANDS, &["InvalidInstanceId.NotFound"], (404, "InvalidInstance.NotFound")),
    Otherwise(Ecs, TAGGING, ECS_KINDS, (404, "InvalidResourceId.NotFound")),
    Otherwise(Ecs, &["JoinResourceGroup"], ECS_KINDS, (404, "InvalidResourceId.NotFound")),
    Otherwise(
        Ecs,
        &["ModifyInstanceSpec"],
        &["IncorrectInstanceStatus"],
        (400, "InvalidInstanceStatus.NotStopped"),
    ),
    Otherwise(
        Ecs,
        &["ModifyInstanceVpcAttribute"],
        &["InvalidVpcZone.NotSupported"],
        (403, "InvalidOperation.VswAndEcsAvailabilityZoneMismatch"),
    ),
    Otherwise(
        Ecs,
        &["CreateNetworkInterface"],
        &["InvalidOperation.MultiGroupType"],
        (403, "EnterpriseGroupLimited.MutliGroupType"),
    ),
    Otherwise(
        Ecs,
        &["CreateNetworkInterface"],
        &["InvalidIp.IpAssigned"],
        (404, "InvalidOperation.AddressAlreadyAllocated"),
    ),
    Otherwise(
        Ecs,
        &["RunInstances", "CreateInstance"],
        &["InvalidOperation.VSwitchIpv6Disabled"],
        (403, "InvalidVSwitch.Ipv6NotTurnOn"),
    ),
    Otherwise(
        Ecs,
        &["ModifyInstanceAttribute"],
        &["InvalidOperation.MultiGroupType"],
        (403, "EnterpriseGroupLimited.MutliGroupType"),
    ),
    Otherwise(
        Ecs,
        &["ModifyInstanceVpcAttribute"],
        &["InvalidOperation.MultiGroupType"],
        (404, "EnterpriseGroupLimited.MutliGroupType"),
    ),
    Otherwise(
        Ecs,
        &["DescribeInstanceAttachmentAttributes"],
        &["InvalidInstanceId.NotFound"],
        (404, "InvalidInstanceIds.NotFound"),
    ),
    Otherwise(
        Nlb,
        &["CreateLoadBalancer"],
        &["ResourceNotFound.ResourceGroup"],
        (400, "OperationFailed.NotExist.ResourceGroup"),
    ),
    Otherwise(
        Privatelink,
        &["CreateVpcEndpointService"],
        &["ServiceResourceNotSupportIpv6"],
        (400, "EndpointServiceNotSupportIpv6"),
    ),
    Otherwise(
        Privatelink,
        TAGGING,
        &["EndpointNotFound", "EndpointServiceNotFound"],
        (400, "InvalidResourceId.NotFound"),
    ),
    Otherwise(Privatelink, TAGS, &["InvalidTagKey.Malformed"], (400, "IllegalTagKeyParam")),
    Otherwise(Privatelink, TAGS, &["InvalidTagValue.Malformed"], (400, "IllegalTagValueParam")),
    Otherwise(Privatelink, TAGS, &["MissingParam.Key"], (400, "MissingTagKeyParam")),
    Otherwise(
        Privatelink,
        &["ChangeResourceGroup"],
        &["EndpointNotFound", "EndpointServiceNotFound"],
        (400, "ResourceNotFound"),
    ),
    Otherwise(
        Privatelink,
        &["ChangeResourceGroup"],
        &["MissingParam.ResourceId"],
        (400, "MissingParameter.ResourceId"),
    ),
    Otherwise(
        Privatelink,
        &["ChangeResourceGroup"],
        &["MissingParam.ResourceGroupId"],
        (400, "MissingParameter.ResourceGroupId"),
    ),
    Otherwise(
        Vpc,
        &["DescribeRouteEntryList"],
        &["InvalidParameter.NextToken"],
        (400, "IllegalParam.NextToken"),
    ),
    Otherwise(Vpc, VPC_TAGGING, VPC_KINDS, (400, "InvalidInstanceIds.NotFound")),
    Otherwise(Vpc, VPC_TAG_FILTERS, &["InvalidTagKey.Malformed"], (400, "InvalidTagKey")),
    Otherwise(Vpc, VPC_TAG_FILTERS, &["InvalidTagValue.Malformed"], (400, "InvalidTagValue")),
    Otherwise(Vpc, VPC_TAGS, &["InvalidTagKey.Malformed"], (400, "InvalidTagKey")),
    Otherwise(Vpc, VPC_TAGS, &["InvalidTagValue.Malformed"], (400, "InvalidTagValue")),
    Otherwise(Vpc, &["MoveResourceGroup"], VPC_KINDS, (400, "InvalidResourceId.NotFound")),
];

/// How names and descriptions are called that cannot be.
const TEXTS: &[Otherwise] = &[
    Otherwise(
        Ecs,
        RULES_IN,
        &["InvalidParameter.Description"],
        (400, "InvalidSecurityGroupDiscription.Malformed"),
    ),
    Otherwise(
        Ecs,
        RULES_OUT,
        &["InvalidParameter.Description"],
        (400, "InvalidSecurityGroupDiscription.Malformed"),
    ),
    Otherwise(
        Ecs,
        GROUPS,
        &["InvalidParameter.Description"],
        (400, "InvalidSecurityGroupDiscription.Malformed"),
    ),
    Otherwise(
        Ecs,
        GROUPS,
        &["InvalidParameter.SecurityGroupName"],
        (400, "InvalidSecurityGroupName.Malformed"),
    ),
    Otherwise(Ecs, INSTANCES, &["InvalidParameter.InstanceName"], (400, "InvalidInstanceName.Malformed")),
    Otherwise(Ecs, INSTANCES, &["InvalidParameter.Description"], (400, "InvalidDescription.Malformed")),
    Otherwise(
        Ecs,
        INTERFACES,
        &["InvalidParameter.NetworkInterfaceName"],
        (403, "InvalidParams.NetworkInterfaceName"),
    ),
    Otherwise(Ecs, NEW_COMMANDS, &["InvalidParameter.Name"], (403, "InvalidParameterCharacter.CommandName")),
    Otherwise(
        Ecs,
        NEW_COMMANDS,
        &["InvalidParameter.Description"],
        (403, "InvalidParameterCharacter.CommandDescription"),
    ),
    Otherwise(Vpc, VPCS, &["InvalidParameter.VpcName"], (400, "InvalidVpcName.Malformed")),
    Otherwise(Vpc, VPCS, &["InvalidParameter.Description"], (400, "InvalidVpcDiscription.Malformed")),
    Otherwise(Vpc, VSWITCHES, &["InvalidParameter.VSwitchName"], (400, "InvalidVSwitchName.Malformed")),
    Otherwise(
        Vpc,
        VSWITCHES,
        &["InvalidParameter.Description"],
        (400, "InvalidVSwitchDiscription.Malformed"),
    ),
    Otherwise(
        Vpc,
        &["CreateRouteTable"],
        &["InvalidParameter.RouteTableName"],
        (400, "InvalidParameter.RouteTableName.Malformed"),
    ),
    Otherwise(
        Vpc,
        &["CreateRouteTable"],
        &["InvalidParameter.Description"],
        (400, "InvalidParameter.Description.Malformed"),
    ),
    Otherwise(
        Vpc,
        &["ModifyRouteTableAttributes"],
        &["InvalidParameter.RouteTableName"],
        (400, "Abs.InvaliTableName.Malformed"),
    ),
    Otherwise(
        Vpc,
        &["ModifyRouteTableAttributes"],
        &["InvalidParameter.Description"],
        (400, "InvalidDescription.Malformed"),
    ),
    Otherwise(
        Vpc,
        &["CreateRouteEntry"],
        &["InvalidParameter.RouteEntryName"],
        (400, "InvalidRouteEntryName.Malformed"),
    ),
];

/// The complaint under the code that the action's documentation has for it.
pub fn as_documented(action: &Action, error: ApiError) -> ApiError {
    let here = |it: &&Otherwise| {
        let Otherwise(product, actions, codes, _) = it;
        *product == action.product && actions.contains(&action.name) && codes.contains(&error.code.as_ref())
    };
    match OTHERWISE.iter().chain(TEXTS).find(here) {
        Some(Otherwise(.., (status, code))) => {
            ApiError { status: *status, code: Cow::Borrowed(code), message: error.message }
        }
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::find;

    #[test]
    fn every_action_of_the_table_is_there() {
        for Otherwise(product, actions, ..) in OTHERWISE.iter().chain(TEXTS) {
            for action in *actions {
                assert!(find(*product, action).is_some(), "{action}");
            }
        }
    }
}
