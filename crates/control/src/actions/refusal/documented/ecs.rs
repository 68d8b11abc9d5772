//! What actions of Ecs call otherwise.

use super::{Otherwise, otherwise};

#[rustfmt::skip]
pub(super) const TABLE: &[Otherwise] = otherwise! {
    // Security groups.
    AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupEgressRule:
        "InvalidSourceGroupId.NotFound" => 404 "InvalidDestGroupId.NotFound";
    AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupEgressRule:
        "InvalidSourceCidrIp.Malformed" => 400 "InvalidDestCidrIp.Malformed";
    AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupEgressRule:
        "MissingParameter.Source" => 400 "MissingParameter.Dest";
    AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupEgressRule:
        "InvalidSecurityGroup.VpcMismatch" => 400 "InvalidDestGroupId.Mismatch";
    AuthorizeSecurityGroup RevokeSecurityGroup ModifySecurityGroupRule:
        "InvalidSecurityGroup.VpcMismatch" => 400 "InvalidSourceGroupId.Mismatch";
    ModifySecurityGroupRule ModifySecurityGroupEgressRule:
        "InvalidPortRange.Malformed" => 400 "InvalidParam.PortRange";
    ModifySecurityGroupRule ModifySecurityGroupEgressRule:
        "InvalidGroupAuthParameter.OperationDenied" => 400 "OperationDenied";
    AuthorizeSecurityGroup RevokeSecurityGroup ModifySecurityGroupRule
    AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupEgressRule
    CreateSecurityGroup ModifySecurityGroupAttribute:
        "InvalidParameter.Description" => 400 "InvalidSecurityGroupDiscription.Malformed";
    CreateSecurityGroup ModifySecurityGroupAttribute:
        "InvalidParameter.SecurityGroupName" => 400 "InvalidSecurityGroupName.Malformed";
    JoinSecurityGroup: "SecurityGroupInstanceLimitExceed" => 403 "SecurityGroupInstanceLimitExceeded";
    ModifySecurityGroupPolicy: "InvalidParameter.InnerAccessPolicy" => 404 "InvalidParameter.InnerAccessPolicy";
    DescribeSecurityGroups: "InvalidParameter.NextToken" => 400 "InValidParameter.NextToken";

    // Interfaces and their addresses.
    CreateNetworkInterface ModifyNetworkInterfaceAttribute:
        "InvalidSecurityGroup.VpcMismatch" => 403 "InvalidOperation.VpcMismatch";
    CreateNetworkInterface ModifyNetworkInterfaceAttribute ModifyInstanceAttribute RunInstances:
        "InstanceSecurityGroupLimitExceeded" => 400 "JoinedGroupLimitExceed";
    CreateNetworkInterface ModifyNetworkInterfaceAttribute:
        "InvalidParameter.NetworkInterfaceName" => 403 "InvalidParams.NetworkInterfaceName";
    CreateNetworkInterface: "InvalidOperation.MultiGroupType" => 403 "EnterpriseGroupLimited.MutliGroupType";
    CreateNetworkInterface: "InvalidIp.IpAssigned" => 404 "InvalidOperation.AddressAlreadyAllocated";
    CreateNetworkInterface AssignPrivateIpAddresses:
        "InvalidParameter.NotEnoughIpInVSwitch" => 403 "InvalidVSwitchId.IpNotEnough";
    AssignPrivateIpAddresses: "InvalidParameter.SecondaryPrivateIpAddressCount"
        => 400 "InvalidSecondaryPrivateIpAddressCount.Malformed";
    ModifyNetworkInterfaceAttribute: "InvalidOperation.MultiGroupType" => 403 "InvalidOperation.MultiGroupType";
    UnassignPrivateIpAddresses: "InvalidPrivateIpAddress.Malformed" => 403 "InvalidPrivateIpAddress.Malformed";
    AttachNetworkInterface DetachNetworkInterface: "InvalidInstanceId.NotFound" => 403 "InvalidInstanceId.NotFound";
    DescribeNetworkInterfaces: "InvalidParameter.PageNumber" => 403 "InvalidOperation.InvalidEniPageNumber";

    // Tags.
    DescribeTags: "InvalidParameter.Category" => 400 "Invalid.TagCategory";

    // Instances.
    RunInstances CreateInstance: "InvalidParameter.Arn" => 400 "InvalidParameter.Arns";
    RunInstances CreateInstance: "InvalidParameter.StorageSetId" => 403 "InvalidParameter.StorageSetId";
    RunInstances CreateInstance:
        "InvalidParameter.StorageSetPartitionNumber" => 403 "InvalidParameter.StorageSetPartitionNumber";
    RunInstances CreateInstance: "InvalidParameter.HpcClusterId" => 400 "InvalidHpcClusterId.NotFound";
    RunInstances CreateInstance: "InvalidParameter.ClusterId" => 404 "InvalidClusterId.NotFound";
    RunInstances CreateInstance: "InvalidParameter.HibernationOptions"
        => 400 "HibernationConfigured.InstanceTypeNotSupport";
    RunInstances: "InvalidParameter.SchedulerOptions" => 400 "InvalidSchedulerOptions";
    RunInstances: "InvalidParameter.SecurityOptions" => 403 "InvalidSecurityOptions.NotSupported";
    RunInstances: "InvalidParameter.DeploymentSetGroupNo" => 404 "InvalidParameter.DeploymentSetGroupNo";
    RunInstances: "InvalidParameter.LaunchTemplateVersion" => 404 "InvalidLaunchTemplateVersion.NotFound";
    RunInstances ModifyInstanceAttribute:
        "InvalidParameter.NetworkInterfaceQueueNumber" => 403 "InvalidParameter.InvalidEniQueueNumber";
    ModifyInstanceAttribute: "InvalidParameter.EnableJumboFrame" => 400 "InvalidParam.NotSupportJumboFrame";
    DescribeInstances: "InvalidParameter.InstanceChargeType" => 404 "InvalidInstanceChargeType.NotFound";
    DescribeInstances: "InvalidParameter.InternetChargeType" => 404 "InvalidInternetChargeType.ValueNotSupported";
    DescribeInstances DescribeDisks: "InvalidParameter.LockReason" => 404 "InvalidLockReason.NotFound";
    DescribeDisks: "InvalidParameter.DiskChargeType" => 404 "InvalidDiskChargeType.NotFound";
    DescribeDisks: "InvalidParameter.MultiAttach" => 403 "InvalidParameter.MultiAttach";
    DescribeDisks: "InvalidParameter.Category" => 400 "InvalidCategory.ValueNotSupported";
    DescribeImages: "InvalidFilterKey.NotFound" => 404 "InvalidFilterKey.NotFound";
    DescribeImages: "InvalidParameter.Architecture" => 404 "InvalidArchitecture";
    DescribeImages: "InvalidParameter.ImageOwnerAlias" => 400 "InvalidImageOwnerAlias.ValueNotSupported";
    DescribeImages: "InvalidParameter.OSType" => 404 "InvalidOSType";
    DescribeImages: "InvalidParameter.Usage" => 404 "InvalidUsage";
    DescribeAvailableResource: "InvalidDedicatedHostId.NotFound" => 403 "InvalidDedicatedHostId.NotFound";
    DescribeAvailableResource: "InvalidParameter.Cores" => 403 "InvalidParam.Cores";
    DescribeAvailableResource: "InvalidParameter.Memory" => 403 "InvalidParam.Memory";
    DescribeAvailableResource: "InvalidParameter.DestinationResource" => 404 "Invalid.DestinationResource";
    DescribeAvailableResource: "InvalidParameter.IoOptimized" => 404 "Invalid.IoOptimized";
    DescribeAvailableResource: "InvalidParameter.NetworkCategory" => 404 "Invalid.NetworkCategory";
    DescribeAvailableResource: "InvalidParameter.ResourceType" => 404 "Invalid.ResourceType";
    RunInstances CreateInstance ModifyInstanceAttribute:
        "InvalidParameter.InstanceName" => 400 "InvalidInstanceName.Malformed";
    RunInstances CreateInstance ModifyInstanceAttribute:
        "InvalidParameter.Description" => 400 "InvalidDescription.Malformed";
    RunInstances CreateInstance ModifyInstanceSpec:
        "InvalidParameter.ClientToken" => 400 "InvalidClientToken.ValueNotSupported";
    RunInstances CreateInstance:
        "InvalidOperation.VSwitchIpv6Disabled" => 403 "InvalidVSwitch.Ipv6NotTurnOn";
    RunInstances CreateInstance:
        "InvalidParameter.NotEnoughIpInVSwitch" => 400 "QuotaExceeded.PrivateIpAddress";
    RunInstances: "InvalidEniId.NotFound" => 403 "InvalidEniId.NotFound";
    CreateInstance: "InvalidUserData.Base64FormatInvalid" => 403 "InvalidUserData.Base64FormatInvalid";
    RunInstances: "InvalidParameter.NetworkInterface" => 403 "InvalidParameter.NetworkInterface";
    ModifyInstanceAttribute RunInstances: "InvalidOperation.MultiGroupType"
        => 403 "EnterpriseGroupLimited.MutliGroupType";
    ModifyInstanceAttribute ModifyInstanceVpcAttribute:
        "InvalidSecurityGroup.VpcMismatch" => 404 "InvalidSecurityGroupVpc.NotBelongToOneVpc";
    ModifyInstanceAttribute ModifyInstanceVpcAttribute: "InvalidParameter.SecurityGroupIdRepeated"
        => 404 "InvalidParameter.SecurityGroupIdRepeated";
    ModifyInstanceSpec: "IncorrectInstanceStatus" => 400 "InvalidInstanceStatus.NotStopped";
    ModifyInstanceSpec:
        "InvalidParameter.InternetMaxBandwidthOut" => 403 "InvalidParameter.InternetMaxBandwidthOut";
    ModifyInstanceSpec: "IdempotentParameterMismatch" => 400 "IdempotenceParamNotMatch";
    ModifyInstanceVpcAttribute:
        "InvalidVpcZone.NotSupported" => 403 "InvalidOperation.VswAndEcsAvailabilityZoneMismatch";
    ModifyInstanceVpcAttribute:
        "InvalidOperation.MultiGroupType" => 404 "EnterpriseGroupLimited.MutliGroupType";
    ModifyInstanceVpcAttribute: "IncorrectInstanceStatus" => 400 "IncorrectInstanceStatus";
    ModifyInstanceVpcAttribute: "InstanceSecurityGroupLimitExceeded" => 404 "JoinedGroupLimitExceed";
    ModifyInstanceVpcAttribute: "InvalidParameter.NotEnoughIpInVSwitch"
        => 404 "InvalidParameter.NotEnoughIpInVSwitch";
    ModifyInstanceVpcAttribute: "DependencyViolation" => 404 "InvalidDependence.BeenUsedAsAppServer";
    ModifyInstanceVpcAttribute:
        "DependencyViolation.RouteEntry" => 404 "InvalidDependence.NextHopOfCustomRouter";
    DescribeInstances: "InvalidParameter.Status" => 404 "InvalidStatus.NotFound";
    DescribeInstances: "InvalidParameter.InstanceNetworkType" => 404 "InvalidNetworkType.NotFound";
    DescribeDisks: "InvalidParameter.Status" => 400 "InvalidStatus.ValueNotSupported";
    DescribeDisks: "InvalidParameter.DiskType" => 400 "InvalidDiskType.ValueNotSupported";
    DescribeDisks: "InvalidZoneId.NotFound" => 400 "InvalidZoneId.NotFound";
    DescribeInstanceRamRole: "InvalidParameter.InstanceIds" => 400 "InvalidInstanceIds.Malformed";
    DescribeInstanceAttachmentAttributes: "InvalidInstanceId.NotFound" => 404 "InvalidInstanceIds.NotFound";
    DescribeInstanceAutoRenewAttribute: "InvalidParameter.PageNumber" => 403 "InvalidParameter.PageNumber";
    DescribeInstanceAutoRenewAttribute: "InvalidParameter.PageSize" => 403 "InvalidParameter.PageSize";
    DescribeInstanceAutoRenewAttribute: "InvalidParameter.RenewalStatus" => 403 "InvalidParameter.RenewalStatus";
    DescribeInstanceAutoRenewAttribute: "MissingParameter.InstanceId" => 403 "MissingParameter.InstanceId";
    DescribeInstanceAutoRenewAttribute:
        "InvalidParameter.TooManyInstanceIds" => 403 "InvalidParameter.ToManyInstanceIds";
    DescribeInstanceMaintenanceAttributes:
        "InvalidParameter.TooManyInstanceIds" => 403 "InstanceIdLimitExceeded";

    // Key pairs.
    AttachKeyPair DetachKeyPair: "InvalidKeyPairName.NotFound" => 400 "InvalidKeyPairName.NotFound";
    CreateKeyPair ImportKeyPair: "InvalidParameter.KeyPairName" => 400 "InvalidKeyPairName.Malformed";
    DeleteKeyPairs: "InvalidParameter.KeyPairNames" => 400 "InvalidKeyPairNames.ValueNotSupported";

    // The cloud assistant.
    CreateCommand RunCommand: "InvalidParameter.Name" => 403 "InvalidParameterCharacter.CommandName";
    CreateCommand RunCommand:
        "InvalidParameter.Description" => 403 "InvalidParameterCharacter.CommandDescription";
    RunCommand: "QuotaExceed.Tags" => 400 "NumberExceed.Tags";
    RunCommand: "Parameter.NotMatched" => 400 "Parameter.NotMatched";
    RunCommand: "ParameterKey.Duplicate" => 400 "ParameterKey.Duplicate";
    RunCommand InvokeCommand: "InvalidInstanceId.NotFound" => 404 "InvalidInstance.NotFound";
    RunCommand InvokeCommand: "InvalidParameter.ClientToken" => 400 "InvalidClientToken.Malformed";
    DescribeCommands DescribeInvocations DescribeInvocationResults DescribeCloudAssistantStatus:
        "InvalidParameter.PageNumber" => 400 "InvalidParam.PageNumber";
    DescribeCommands DescribeInvocations DescribeInvocationResults DescribeCloudAssistantStatus:
        "InvalidParameter.PageSize" => 400 "InvalidParam.PageSize";
    DescribeCommands DescribeInvocations DescribeInvocationResults RunCommand:
        "MissingParameter.Key" => 400 "MissingParameter.TagKey";
    DescribeCommands DescribeInvocations DescribeInvocationResults ListTagResources UntagResources:
        "InvalidTagCount" => 400 "NumberExceed.Tags";

    // Tags and resource groups.
    TagResources UntagResources ListTagResources JoinResourceGroup DescribeTags:
        "InvalidParameter.ResourceType" => 404 "InvalidResourceType.NotFound";
    TagResources UntagResources ListTagResources:
        "MissingParameter.ResourceType" => 404 "MissingParameter.ResourceType";
    TagResources UntagResources: "MissingParameter.ResourceId" => 404 "MissingParameter.ResourceIds";
    TagResources UntagResources ListTagResources:
        "InvalidParameter.ResourceId" => 400 "NumberExceed.ResourceIds";
    TagResources: "MissingParameter.Tag" => 404 "MissingParameter.Tags";
    TagResources UntagResources JoinResourceGroup:
        "InvalidInstanceId.NotFound" "InvalidEniId.NotFound" "InvalidSecurityGroupId.NotFound"
        "InvalidKeyPairName.NotFound" "InvalidPrefixListId.NotFound" "InvalidCmdId.NotFound" "InvalidInvokeId.NotFound"
        => 404 "InvalidResourceId.NotFound";
    ListTagResources: "InvalidParameter.NextToken" => 403 "Invalid.NextToken";
};
