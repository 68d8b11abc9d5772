//! What actions of Nlb and Privatelink call otherwise.

use super::{Otherwise, otherwise};

#[rustfmt::skip]
pub(super) const NLB: &[Otherwise] = otherwise! {
    CreateLoadBalancer:
        "ResourceNotFound.ResourceGroup" => 400 "OperationFailed.NotExist.ResourceGroup";
};

#[rustfmt::skip]
pub(super) const PRIVATELINK: &[Otherwise] = otherwise! {
    CreateVpcEndpointService: "ServiceResourceNotSupportIpv6" => 400 "EndpointServiceNotSupportIpv6";
    UpdateVpcEndpointAttribute: "Mismatch.EndpointType" => 400 "EndpointOperationDenied";
    TagResources UntagResources:
        "EndpointNotFound" "EndpointServiceNotFound" => 400 "InvalidResourceId.NotFound";
    TagResources UntagResources ListTagResources:
        "InvalidTagKey.Malformed" => 400 "IllegalTagKeyParam";
    TagResources UntagResources ListTagResources:
        "InvalidTagValue.Malformed" => 400 "IllegalTagValueParam";
    TagResources UntagResources ListTagResources: "MissingParam.Key" => 400 "MissingTagKeyParam";
    ChangeResourceGroup: "EndpointNotFound" "EndpointServiceNotFound" => 400 "ResourceNotFound";
    ChangeResourceGroup: "MissingParam.ResourceId" => 400 "MissingParameter.ResourceId";
    ChangeResourceGroup: "MissingParam.ResourceGroupId" => 400 "MissingParameter.ResourceGroupId";
};
