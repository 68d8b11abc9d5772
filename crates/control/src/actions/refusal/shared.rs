//! Refusals that every product can give, each under its own code.

use model::nlb::health_check::InvalidHealthCheck;
use model::quota::Quota;
use model::refusal::{AddressRefusal, Refusal};
use model::tables::Kind;

use super::Code;
use crate::rpc::Product;

/// One code for Nlb, one for Privatelink, one for the older products.
fn of(product: Product, nlb: Code, privatelink: Code, others: Code) -> Code {
    match product {
        Product::Nlb => nlb,
        Product::Privatelink => privatelink,
        Product::BssOpenApi
        | Product::Cas
        | Product::Ecs
        | Product::Location
        | Product::Pvtz
        | Product::ResourceManager
        | Product::Sts
        | Product::Vpc => others,
    }
}

pub(super) fn not_found(product: Product, kind: Kind) -> Code {
    match kind {
        Kind::Vpc => {
            of(product, (404, "ResourceNotFound.Vpc"), (400, "VpcNotFound"), (404, "InvalidVpcId.NotFound"))
        }
        Kind::VSwitch => of(
            product,
            (404, "ResourceNotFound.VSwitch"),
            (400, "VSwitchNotFound"),
            (404, "InvalidVSwitchId.NotFound"),
        ),
        Kind::SecurityGroup => of(
            product,
            (404, "ResourceNotFound.SecurityGroup"),
            (400, "SecurityGroupNotFound"),
            (404, "InvalidSecurityGroupId.NotFound"),
        ),
        Kind::Eni => of(
            product,
            (404, "ResourceNotFound.Eni"),
            (404, "ResourceNotFound.Eni"),
            (404, "InvalidEniId.NotFound"),
        ),
        Kind::Instance => of(
            product,
            (404, "ResourceNotFound.Ecs"),
            (404, "ResourceNotFound.Ecs"),
            (404, "InvalidInstanceId.NotFound"),
        ),
        Kind::SavedCommand => (404, "InvalidCmdId.NotFound"),
        Kind::Invocation => (404, "InvalidInvokeId.NotFound"),
        Kind::KeyPair => (404, "InvalidKeyPairName.NotFound"),
        Kind::PrefixList => (404, "InvalidPrefixListId.NotFound"),
        Kind::LoadBalancer => {
            let nlb = (404, "ResourceNotFound.loadBalancer");
            of(product, nlb, (400, "LoadBalancerNotFound"), nlb)
        }
        Kind::ServerGroup => (404, "ResourceNotFound.serverGroup"),
        Kind::Listener => (404, "ResourceNotFound.listener"),
        Kind::Certificate => of(
            product,
            (400, "ResourceNotFound.Certificate"),
            (404, "CertificateNotFound"),
            (404, "CertificateNotFound"),
        ),
        Kind::PrivateZone => (404, "Zone.NotExists"),
        Kind::SecurityPolicy => (404, "ResourceNotFound.securitypolicy"),
        Kind::RouteTable => (404, "InvalidRouteTableId.NotFound"),
        Kind::Job => (404, "ResourceNotFound.JobId"),
        Kind::EndpointService => (400, "EndpointServiceNotFound"),
        Kind::Endpoint => (400, "EndpointNotFound"),
        Kind::ResourceGroup => no_resource_group(product),
        Kind::Account | Kind::AccessKey => (404, "EntityNotExist"),
        Kind::Settings | Kind::Counters | Kind::Token | Kind::Monitor | Kind::Released => {
            (404, "InvalidResource.NotFound")
        }
    }
}

fn no_resource_group(product: Product) -> Code {
    match product {
        Product::Nlb => (404, "ResourceNotFound.ResourceGroup"),
        Product::Privatelink => (400, "InvalidResourceGroup"),
        Product::Ecs => (404, "InvalidResourceGroup.NotFound"),
        Product::Vpc => (400, "InvalidResourceGroupId"),
        Product::BssOpenApi
        | Product::Cas
        | Product::Location
        | Product::Pvtz
        | Product::ResourceManager
        | Product::Sts => (404, "EntityNotExists.ResourceGroup"),
    }
}

pub(super) fn exists(kind: Kind) -> Code {
    if kind == Kind::ResourceGroup {
        (409, "EntityAlreadyExists.ResourceGroup")
    } else {
        (400, "InvalidParameter.Duplicate")
    }
}

/// The VPC product names what is in the way, for the kinds that clients wait for.
pub(super) fn in_use(product: Product, what: Kind, by: Kind) -> Code {
    match (what, by) {
        (Kind::Vpc, Kind::VSwitch) => (400, "DependencyViolation.VSwitch"),
        (Kind::Vpc, Kind::SecurityGroup) => (400, "DependencyViolation.SecurityGroup"),
        (Kind::Vpc, Kind::RouteTable) => (400, "DependencyViolation.CustomRouteTable"),
        (Kind::Vpc, _) => (400, "DependencyViolation.CloudServiceResource"),
        (Kind::VSwitch, Kind::RouteTable) => (400, "DependencyViolation.RouteTable"),
        (Kind::VSwitch, _) => (400, "DependencyViolation"),
        (Kind::RouteTable, _) => (400, "IncorrectVSwitchStatus"),
        (Kind::Instance, Kind::RouteTable) => (400, "DependencyViolation.RouteEntry"),
        (Kind::SecurityGroup | Kind::PrefixList, _) => (403, "DependencyViolation"),
        (Kind::ServerGroup, _) => (400, "ResourceInUse.ServerGroup"),
        (Kind::SecurityPolicy, _) => (400, "ResourceInUse.SecurityPolicy"),
        (Kind::Certificate, _) => (400, "OperationDenied.CertificateInUse"),
        (Kind::LoadBalancer, _) => (400, "OperationDenied.LoadBalancerInUse"),
        (Kind::EndpointService, _) => (400, "EndpointServiceDependenceViolation"),
        (Kind::Endpoint, _) => (400, "EndpointDependenceViolation"),
        (Kind::ResourceGroup, _) => (409, "DeleteConflict.ResourceGroup.Resource"),
        (_, _) => {
            let other = (400, "DependencyViolation");
            of(product, (400, "OperationDenied.ResourceInUse"), other, other)
        }
    }
}

/// Some limits have a code of their own in their product; the others have one code for all.
pub(super) fn quota(product: Product, refusal: &Refusal) -> Code {
    let full = (400, "QuotaExceeded.QuotaInsufficient");
    let full = of(product, full, (400, "QuotaMisMatched"), (400, "QuotaExceeded"));
    let Refusal::QuotaExceeded { quota, .. } = refusal else { return full };
    use Product::{Ecs, Privatelink, Vpc};
    match (product, quota) {
        (Vpc, Quota::VpcsAnAccount) => (400, "QuotaExceeded.Vpc"),
        (Vpc, Quota::SecondaryCidrsAVpc) => (400, "QuotaExceeded.VpcMultiCidr"),
        (Vpc, Quota::VSwitchesAVpc) => (400, "QuotaExceeded.VSwitch"),
        (Vpc, Quota::RouteTablesAVpc) => (400, "QuotaExceeded.RouteTable"),
        (Vpc, Quota::TagsAResource) => (400, "QuotaExceeded.TagNum"),
        (Ecs, Quota::CommandsAnAccount) => (403, "CmdCount.ExceedQuota"),
        (Ecs, Quota::ParametersACommand) => (403, "CmdParamCount.ExceedLimit"),
        (Ecs, Quota::InstancesAnInvocation) => (403, "InstanceIds.ExceedLimit"),
        (Ecs, Quota::ResultsAnAccount) => (403, "Invocation.ExceedQuota"),
        (Ecs, Quota::KeyPairsAnAccount) => (403, "QuotaExceed.KeyPair"),
        (Ecs, Quota::PrefixListsAnAccount) => (403, "LimitExceed.PrefixList"),
        (Ecs, Quota::SecurityGroupsAnAccount) => (403, "QuotaExceed.SecurityGroup"),
        (Ecs, Quota::RulesAGroup) => (403, "AuthorizationLimitExceed"),
        (Ecs, Quota::GroupsAnEni) => (403, "InstanceSecurityGroupLimitExceeded"),
        (Ecs, Quota::AddressesANormalGroup | Quota::InterfacesAnEnterpriseGroup) => {
            (403, "SecurityGroupInstanceLimitExceed")
        }
        (Ecs, Quota::EnisAnAccount) => (403, "MaxEniCountExceeded"),
        (Ecs, Quota::EnisAnInstance) => (403, "EniPerInstanceLimitExceeded"),
        (Ecs, Quota::AddressesAnEni) => (403, "InvalidOperation.Ipv4CountExceeded"),
        (Ecs, Quota::Ipv6AddressesAnEni) => (403, "InvalidOperation.Ipv6CountExceeded"),
        (Ecs, Quota::TagsAResource) => (403, "QuotaExceed.Tags"),
        (Privatelink, Quota::EndpointsAVpc) => (400, "QuotaExceeded.totalEpPerVpc"),
        (Privatelink, Quota::ZonesAnEndpoint) => (400, "QuotaExceeded.epZonePerEndpoint"),
        (Privatelink, Quota::TagsAResource) => (400, "QuotaExceed.TagsPerResource"),
        (_, _) => full,
    }
}

pub(super) fn deletion_protected(product: Product) -> Code {
    let denied = (400, "OperationDenied.DeletionProtectionEnabled");
    of(product, denied, denied, (403, "InvalidOperation.DeletionProtection"))
}

/// Privatelink has no code of its own: what lies elsewhere does not exist for it.
pub(super) fn vpc_mismatch(product: Product, what: Kind, other: Kind) -> Code {
    if what == Kind::RouteTable {
        return (404, "Forbidden.NotInSameVpc");
    }
    let elsewhere = not_found(Product::Privatelink, what);
    let others = match (what, other) {
        (Kind::VSwitch, _) => (404, "InvalidVSwitch.NotBelongToVpc"),
        (_, Kind::Instance | Kind::Eni) => (403, "InvalidOperation.VpcMismatch"),
        (_, _) => (400, "InvalidSecurityGroup.VpcMismatch"),
    };
    let nlb = if what == Kind::SecurityGroup { (400, "Mismatch.vpc") } else { (400, "Mismatch.VpcId") };
    of(product, nlb, elsewhere, others)
}

pub(super) fn zone_unknown(product: Product) -> Code {
    let unsupported = (400, "EndpointServiceNotSupportedZone");
    of(product, (403, "UnauthorizedZone"), unsupported, (404, "InvalidZoneId.NotFound"))
}

pub(super) fn empty(product: Product) -> Code {
    of(product, (400, "MissingParam.Required"), (400, "MissingParam.Required"), (400, "MissingParameter"))
}

pub(super) fn zone_mismatch(product: Product) -> Code {
    let others = (400, "InvalidVpcZone.NotSupported");
    of(product, (400, "Mismatch.ZoneIdAndVswitchId"), (400, "VSwitchNotFound"), others)
}

/// About an address that is not given out.
pub(super) fn address(product: Product, refusal: &AddressRefusal) -> Code {
    use AddressRefusal as A;
    let unavailable = (400, "EniIpUnavailable");
    match refusal {
        A::OutsideVSwitch { address, .. } if address.is_ipv6() => {
            let nlb = (400, "IllegalParam.Ipv6Address");
            of(product, nlb, unavailable, (403, "InvalidVSwitchId.IpInvalid"))
        }
        A::OutsideVSwitch { .. } => {
            let nlb = (400, "IllegalParam.PrivateIPv4Address");
            of(product, nlb, unavailable, (400, "InvalidPrivateIpAddress.Malformed"))
        }
        A::Taken { address, .. } if address.is_ipv6() => {
            of(product, (400, "ResourceInUse.IP"), unavailable, (403, "InvalidIp.IpAssigned"))
        }
        A::Taken { .. } => {
            let others = (400, "InvalidPrivateIpAddress.Duplicated");
            of(product, (400, "ResourceInUse.IP"), unavailable, others)
        }
        A::ForSeveral => (400, "InvalidPrimaryIpAddress.SizeInvalid"),
        A::NoneFree(_) => {
            let none = (400, "ResourceNotEnough.VSwitchIp");
            of(product, none, none, (403, "InvalidParameter.NotEnoughIpInVSwitch"))
        }
        A::VSwitchWithoutIpv6(_) => {
            let nlb = (400, "OperationFailed.vSwitchNotSupportIpv6");
            of(product, nlb, unavailable, (404, "InvalidOperation.VSwitchIpv6Disabled"))
        }
        A::Ipv6WithoutDualStack(_) => {
            let illegal = (400, "IllegalParam.Ipv6Address");
            of(product, illegal, (400, "IllegalParamFormat.Ipv6Address"), illegal)
        }
    }
}

pub(super) fn vpc_without_ipv6(product: Product) -> Code {
    let disabled = (400, "OperationFailed.VpcIpv6Disabled");
    of(product, (400, "OperationDenied.VpcNotSupportIpv6"), disabled, disabled)
}

pub(super) fn mixed_groups(product: Product) -> Code {
    let privatelink = (400, "SecurityGroupTypeOnlySingleTypeSupporteded");
    of(product, (400, "Mismatch.SecurityGroupType"), privatelink, (400, "InvalidOperation.MultiGroupType"))
}

pub(super) fn already_member(product: Product) -> Code {
    let others = (403, "InvalidInstanceId.AlreadyExists");
    of(product, (400, "Conflict.SecurityGroup"), (400, "SecurityGroupExist"), others)
}

pub(super) fn not_member(product: Product, member: Kind) -> Code {
    let nlb = (404, "ResourceNotFound.SecurityGroup");
    let others = if member == Kind::Eni {
        (400, "InvalidSecurityGroupAssociation.NotFound")
    } else {
        (403, "InstanceNotInSecurityGroup")
    };
    of(product, nlb, (400, "SecurityGroupNotFound"), others)
}

pub(super) fn last_group(member: Kind) -> Code {
    let code =
        if member == Kind::Eni { "InvalidOperation.AtLeastInOneGroup" } else { "InstanceLastSecurityGroup" };
    (403, code)
}

pub(super) fn zone_twice(product: Product) -> Code {
    of(product, (400, "InvalidZones"), (400, "EndpointZoneDuplicated"), (400, "InvalidParameter.Duplicate"))
}

pub(super) fn tag_twice(product: Product) -> Code {
    let others = if product == Product::Vpc { "Forbidden.TagKey.Duplicated" } else { "Duplicate.TagKey" };
    of(product, (400, "IllegalParam.Tag"), (400, "DuplicatedTagKey"), (400, others))
}

pub(super) fn too_many_tags(product: Product) -> Code {
    let others = if product == Product::Vpc { "SizeLimitExceeded.TagNum" } else { "InvalidTagCount" };
    of(product, (400, "IllegalParam.Tag"), (400, "IllegalParamFormat.Tag"), (400, others))
}

pub(super) fn range(product: Product) -> Code {
    of(product, (400, "IllegalParam"), (400, "IllegalParamFormat.Range"), (400, "InvalidParameter"))
}

/// Nlb has codes of its own for some values.
pub(super) fn value(product: Product, refusal: &Refusal) -> Code {
    match (product, refusal) {
        (Product::Nlb, Refusal::OutOfRange { field: "IdleTimeout", .. }) => (400, "IllegalParam.IdleTimeout"),
        (Product::Nlb, Refusal::OutOfRange { field: "ConnectionDrainTimeout", .. }) => {
            (400, "IllegalParam.ConnectionDrainTimeout")
        }
        (Product::Nlb, Refusal::OutOfRange { field: "ListenerPort", .. }) => (400, "IllegalParam.Port"),
        (Product::Nlb, Refusal::OutOfRange { field: "Mss", high: 0, .. }) => {
            (400, "IllegalParam.MssConflictWithUdpAndGeneve")
        }
        (Product::Nlb, Refusal::HealthCheck(InvalidHealthCheck::Path)) => {
            (400, "IlleagalParam.healthCheckUrl")
        }
        (Product::Nlb, Refusal::HealthCheck(InvalidHealthCheck::Domain)) => {
            (400, "IllegalParam.healthCheckDomain")
        }
        (_, _) => range(product),
    }
}
