//! What actions of Vpc call otherwise.

use super::{Otherwise, otherwise};

#[rustfmt::skip]
pub(super) const TABLE: &[Otherwise] = otherwise! {
    // VPCs and vSwitches.
    DeleteVpc: "InvalidRegionId.NotFound" => 400 "InvalidRegionId.NotFound";
    CreateVpc ModifyVpcAttribute: "InvalidParameter.VpcName" => 400 "InvalidVpcName.Malformed";
    CreateVpc ModifyVpcAttribute: "InvalidParameter.Description" => 400 "InvalidVpcDiscription.Malformed";
    CreateVpc: "InvalidParameter.EnableIpv6" => 400 "IllegalParam.EnableIpv6";
    CreateVSwitch ModifyVSwitchAttribute:
        "InvalidParameter.VSwitchName" => 400 "InvalidVSwitchName.Malformed";
    CreateVSwitch ModifyVSwitchAttribute:
        "InvalidParameter.Description" => 400 "InvalidVSwitchDiscription.Malformed";
    CreateVSwitch CreateDefaultVSwitch ModifyVSwitchAttribute:
        "InvalidParameter.Ipv6CidrBlock" => 400 "IllegalParam.Ipv6CidrBlock";
    CreateVSwitch: "MissingParameter.VpcId" => 400 "MissingParam.vpcId";
    AssociateVpcCidrBlock: "MissingParameter.VpcId" => 400 "MissingParam.VpcId";

    // Routes.
    CreateRouteTable: "InvalidParameter.RouteTableName" => 400 "InvalidParameter.RouteTableName.Malformed";
    CreateRouteTable: "InvalidParameter.Description" => 400 "InvalidParameter.Description.Malformed";
    ModifyRouteTableAttributes: "InvalidParameter.RouteTableName" => 400 "Abs.InvaliTableName.Malformed";
    ModifyRouteTableAttributes: "InvalidParameter.Description" => 400 "InvalidDescription.Malformed";
    ModifyRouteTableAttributes:
        "InvalidRouteTableId.NotFound" => 400 "Abs.InvalidRouteTableId.NotExist";
    DeleteRouteTable: "MissingParameter.RouteTableId" => 400 "MissingParam.RouteTableId";
    CreateRouteEntry: "InvalidParameter.RouteEntryName" => 400 "InvalidRouteEntryName.Malformed";
    DeleteRouteEntry: "InvalidNexthopTypeAndList.BothNotNull" => 400 "ParamExclusive.NextHopIdAndList";
    DeleteRouteEntry: "InvalidNexthopListSize" => 400 "InvalidNextHopList.Size";
    DescribeRouteEntryList: "InvalidParameter.NextToken" => 400 "IllegalParam.NextToken";
    DescribeRouteEntryList: "InvalidParameter.IpVersion" => 400 "IllegalParam.IpVersion";
    DescribeRouteEntryList: "InvalidParameter.RouteEntryType" => 400 "IllegalParam.RouteEntryType";
    DescribeRouteEntryList: "InvalidRouteTableId.NotFound" => 400 "InvalidRouteTable.NotFound";

    // Tags and resource groups.
    TagResources UnTagResources ListTagResources:
        "InvalidParameter.ResourceType" => 400 "InvalidInstanceType.NotFound";
    TagResources UnTagResources ListTagResources:
        "InvalidParameter.ResourceId" => 400 "SizeLimitExceeded.ResourceId";
    ListTagResources: "MissingParameter.ResourceType" => 400 "MissingParam.ResourceType";
    TagResources: "MissingParameter.Tag" => 400 "MissingParam.Tags";
    TagResources: "MissingParameter.Key" => 400 "MissingParameter.TagKey";
    TagResources UnTagResources:
        "InvalidVpcId.NotFound" "InvalidVSwitchId.NotFound" "InvalidRouteTableId.NotFound"
        => 400 "InvalidInstanceIds.NotFound";
    TagResources UnTagResources ListTagResources DescribeVpcs DescribeVSwitches DescribeRouteTableList:
        "InvalidTagKey.Malformed" => 400 "InvalidTagKey";
    TagResources UnTagResources ListTagResources DescribeVpcs DescribeVSwitches DescribeRouteTableList:
        "InvalidTagValue.Malformed" => 400 "InvalidTagValue";
    MoveResourceGroup: "InvalidParameter.ResourceType" => 400 "IllegalParam.ResourceType";
    MoveResourceGroup:
        "InvalidVpcId.NotFound" "InvalidVSwitchId.NotFound" "InvalidRouteTableId.NotFound"
        => 400 "InvalidResourceId.NotFound";
};
