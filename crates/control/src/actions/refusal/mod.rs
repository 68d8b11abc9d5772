//! What a refusal is called in the API of the product that was asked.

mod documented;
mod shared;

use std::borrow::Cow;

use model::meta::TagPart;
use model::net::Family;
use model::refusal::{
    AssistantRefusal, BalancerRefusal, EndpointRefusal, EniRefusal, KeyPairRefusal, PrefixListRefusal,
    PrivateZoneRefusal, Refusal, ServerRefusal, TlsRefusal, TogetherRefusal, VpcRefusal,
};
use model::security::RuleProtocol;
use model::tables::Kind;

use crate::rpc::{ApiError, Product};

pub use documented::as_documented;

use Refusal as R;

/// HTTP status and code.
type Code = (u16, &'static str);

/// The refusal as the product's API words it.
pub fn error(product: Product, refusal: &Refusal) -> ApiError {
    let (status, code) = code(product, refusal);
    ApiError::new(status, code, sentence(&refusal.to_string()))
}

/// A resource that does not exist, under an id that may be none.
pub fn not_found(product: Product, kind: Kind, id: &str) -> ApiError {
    let (status, code) = shared::not_found(product, kind);
    let shown: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || "-@_.".contains(*c)).take(64).collect();
    ApiError::new(status, code, format!("The {kind} {shown} does not exist."))
}

/// A tag's key that is given twice.
pub fn tag_twice(product: Product, key: &str) -> ApiError {
    let (status, code) = shared::tag_twice(product);
    let shown: String = key.chars().filter(|c| !c.is_control()).take(128).collect();
    ApiError::new(status, code, format!("The tag {shown} is given twice. Give it once."))
}

/// More tags than a request may name.
pub fn too_many_tags(product: Product, most: u32) -> ApiError {
    let (status, code) = shared::too_many_tags(product);
    ApiError::new(status, code, format!("At most {most} tags can be named. Name fewer."))
}

fn sentence(text: &str) -> Cow<'static, str> {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect::<String>().into()
}

/// Every refusal has a code; where products differ, `shared` knows how.
fn code(product: Product, refusal: &Refusal) -> Code {
    match refusal {
        R::NotFound(key) => shared::not_found(product, key.kind()),
        R::InUse { what, by } => shared::in_use(product, what.kind(), by.kind()),
        R::Exists(key) => shared::exists(key.kind()),
        R::DefaultResourceGroup(_) => (400, "InvalidParameter.ResourceGroupId"),
        R::QuotaExceeded { .. } | R::NoFreeIndex(_) => shared::quota(product, refusal),
        R::DeletionProtected(_) => shared::deletion_protected(product),
        R::Unsupported(_) => (400, "UnsupportedOperation"),
        R::VpcMismatch { what, other } => shared::vpc_mismatch(product, what.kind(), other.kind()),
        R::ZoneUnknown(_) => shared::zone_unknown(product),
        R::NoHost => (403, "OperationDenied.NoStock"),
        R::Empty(_) => shared::empty(product),
        R::InvalidTag(part) => tag(*part),
        R::Vpc(refusal) => vpc(product, refusal),
        R::ZoneMismatch { .. } => shared::zone_mismatch(product),
        R::Address(refusal) => shared::address(product, refusal),
        R::Together(refusal) => together(refusal),
        R::WrongPower { .. } => (403, "IncorrectInstanceStatus"),
        R::MixedGroupKinds { .. } => shared::mixed_groups(product),
        R::AlreadyMember { .. } => shared::already_member(product),
        R::NotMember { member, .. } => shared::not_member(product, member.kind()),
        R::LastSecurityGroup(member) => shared::last_group(member.kind()),
        R::EniServiceManaged(_) => (403, "InvalidOperation.EniServiceManaged"),
        R::Eni(refusal) => eni(refusal),
        R::Assistant(refusal) => assistant(refusal),
        R::KeyPair(refusal) => key_pair(refusal),
        R::PrefixList(refusal) => prefix_list(refusal),
        R::InnerAccessOfEnterprise(_) => (400, "InvalidParameter.InnerAccessPolicy"),
        R::GroupRuleInEnterprise(_) => (400, "InvalidGroupAuthParameter.OperationDenied"),
        R::PeerGroupNotFound(_) => (404, "InvalidSourceGroupId.NotFound"),
        R::ProtocolOfOtherFamily(protocol) => other_family(*protocol),
        R::SidesOfTwoFamilies => (400, "InvalidParameter.Conflict"),
        R::RuleNotFound { .. } => (404, "InvalidSecurityGroupRuleId.NotFound"),
        R::RuleExists { .. } => (400, "InvalidParam.DuplicatePermissions"),
        R::ZoneCount(_) | R::ZoneTwice(_) => shared::zone_twice(product),
        R::ProtocolMismatch { .. } => (400, "Mismatch.Protocol"),
        R::PreserveClientIpWithTls => (400, "IllegalParam.PreserveClientIpSwitch"),
        R::PortTaken { .. } => (400, "Conflict.Port"),
        R::OutOfRange { .. } | R::HealthCheck(_) => shared::value(product, refusal),
        R::SchedulerNeedsUdp { .. } => shared::range(product),
        R::AnyPortHealthCheck => (400, "IllegalParam.AnyPortServerGroupConflictWithHealthCheckConfig"),
        R::OnePortAnyPortGroup => (400, "IllegalParam.NonAnyPortListenerConflictWithAnyPortServerGroup"),
        R::RangePlainGroup => (400, "IllegalParam.AnyPortListenerConflictWithNonAnyPortServerGroup"),
        R::Server(refusal) => server(refusal),
        R::PrivateZone(refusal) => private_zone(refusal),
        R::Tls(refusal) => tls(product, refusal),
        R::Balancer(refusal) => balancer(refusal),
        R::WrongListenerState { .. } => (400, "IncorrectStatus.listener"),
        R::ResourceExists { .. } => (400, "EndpointServiceResourceExist"),
        R::ResourceNotFound { .. } => (400, "EndpointServiceResourceNotFound"),
        R::ConnectionDependence { .. } => (400, "EndpointServiceConnectionDependence"),
        R::ServiceHasResources(_) => (400, "EndpointServiceDependenceViolation"),
        R::NoAutoAllocated { .. } => (400, "ResourceAutoAllocateViolation"),
        R::UserNotFound => (400, "EndpointServiceUserNotFound"),
        R::ServiceNotAuthorized(_) => (400, "EndpointServiceNotAuthorized"),
        R::ServiceDeleted(_) => (400, "EndpointServiceDeleted"),
        R::ResourceNotInZone { .. } | R::ServiceHasNoResourceInZone { .. } => shared::zone_unknown(product),
        R::NothingServesZone { .. } => (400, "OperationDenied.NoAvailableServiceResource"),
        R::EndpointZoneExists { .. } => (400, "EndpointZoneDuplicated"),
        R::EndpointZoneNotFound { .. } => (400, "EndpointZoneNotFound"),
        R::EndpointHasZones(_) => (400, "EndpointDependenceViolation"),
        R::EndpointNeedsSecurityGroup => (400, "EndpointMustContainSecurityGroup"),
        R::EndpointProtected(_) => (400, "EndpointProtected"),
        R::ConnectionNotFound { .. } => (400, "EndpointConnectionNotFound"),
        R::WrongConnectionState { .. } => (400, "EndpointConnectionOperationDenied"),
        R::Endpoint(refusal) => endpoint(refusal),
        R::HostInUse(_) | R::ZoneInUse(_) => (400, "OperationDenied.ResourceInUse"),
    }
}

fn tag(part: TagPart) -> Code {
    match part {
        TagPart::Key => (400, "InvalidTagKey.Malformed"),
        TagPart::Value => (400, "InvalidTagValue.Malformed"),
    }
}

fn together(refusal: &TogetherRefusal) -> Code {
    match refusal {
        TogetherRefusal::Amount(_) => (403, "InvalidParam.Amount"),
        TogetherRefusal::HostNames { .. } => (403, "InvalidHostname.SizeInvalid"),
        TogetherRefusal::NumberedName => (403, "InvalidParams.InstanceNameExceed"),
        TogetherRefusal::NumberedHostName => (403, "InvalidParams.HostnameExceed"),
    }
}

fn server(refusal: &ServerRefusal) -> Code {
    match refusal {
        ServerRefusal::KindMismatch { .. } => (400, "Mismatch.ServerType"),
        ServerRefusal::Port { .. } => (400, "IllegalParam.RSPortConflictWithServerGroup"),
        ServerRefusal::Address { .. } => (400, "IllegalParam.IP"),
        ServerRefusal::NoAddress(_) => (400, "MissingParam.IP"),
        ServerRefusal::NotConnected(_) => (400, "IncorrectStatus.Eni"),
        ServerRefusal::Ipv6 { .. } => (400, "OperationDenied.ServerGroupNotSupportIpv6"),
        ServerRefusal::Exists { .. } => (400, "DuplicatedParam.Server"),
        ServerRefusal::NotFound { .. } => (404, "ResourceNotFound.BackendServer"),
    }
}

fn endpoint(refusal: &EndpointRefusal) -> Code {
    match refusal {
        EndpointRefusal::ResourceElsewhere { .. } => (400, "Mismatch.ZoneId"),
        EndpointRefusal::ResourceWithoutIpv6(_) => (400, "ServiceResourceNotSupportIpv6"),
        EndpointRefusal::ReverseIpv6 => (400, "Mismatch.EndpointType"),
        EndpointRefusal::ReverseUnserved(_) | EndpointRefusal::ReverseUnlimited(_) => {
            (400, "EndpointConnectionOperationDenied")
        }
        EndpointRefusal::ServiceWithoutIpv6(_) => (400, "EndpointServiceNotSupportIpv6"),
        EndpointRefusal::DualStack(_) => (400, "EndpointServiceConnectionDependence"),
        EndpointRefusal::ConnectionZoneNotFound { .. } => (404, "ResourceNotFound.VpcEndpointZone"),
        EndpointRefusal::WrongZoneState { .. } | EndpointRefusal::NothingReplaced(_) => {
            (400, "IncorrectStatus.VpcEndpointZone")
        }
        EndpointRefusal::ReplacedStays(_) => (400, "ZoneOperationDenied"),
        EndpointRefusal::AutomaticAlready(_) => (400, "OperationDenied.CurrentResourceAutoAllocated"),
    }
}

fn balancer(refusal: &BalancerRefusal) -> Code {
    match refusal {
        BalancerRefusal::WrongShift { .. } => (400, "IncorrectStatus.ZoneId"),
        BalancerRefusal::LocalCount { family: Family::Ipv4, .. } => (400, "IllegalParam.Ipv4LocalAddresses"),
        BalancerRefusal::LocalCount { family: Family::Ipv6, .. } => (400, "IllegalParam.Ipv6LocalAddresses"),
        BalancerRefusal::LastZone => (403, "Forbidden.ZoneId"),
        BalancerRefusal::ZoneFixed(_) => (400, "OperationDenied.ZoneVSwitchChanged"),
        BalancerRefusal::AddressFixed(_) => (400, "OperationDenied.ProtectedPrivateIPv4AddressChanged"),
        BalancerRefusal::NoMonitor => (404, "ResourceNotFound.HdMonitorConfigNotExist"),
    }
}

fn tls(product: Product, refusal: &TlsRefusal) -> Code {
    use TlsRefusal as T;
    match refusal {
        T::CertificateMissing => (400, "MissingParam.Certificate"),
        T::CertificateCount(_) => (400, "IllegalParamSize.certificateIds"),
        T::CertificateWithoutKey(_) => (400, "ResourceNotFound.Certificate"),
        T::CertificateAssociated(_) => (400, "ResourceAlreadyAssociated.Certificate"),
        T::CertificateNotAssociated(_) => (400, "ResourceNotAssociated.Certificate"),
        T::DefaultCertificate(_) => (400, "OperationDenied.DefaultCertificateUsed"),
        T::AuthorityInUse(_) => (400, "OperationDenied.CaCertificateUsed"),
        T::AuthorityMissing => (400, "MissingParam.CaCertificateIds"),
        T::AuthorityNotFound(_) => (404, "ResourceNotFound.CaCertificate"),
        T::AlpnMissing => (400, "MissingParam.AlpnPolicy"),
        T::NoTls(_) => (400, "OperationDenied.Protocol"),
        T::TlsWithout { .. } | T::CipherWithoutVersion(_) | T::VersionWithoutCipher(_) => {
            shared::range(product)
        }
    }
}

fn private_zone(refusal: &PrivateZoneRefusal) -> Code {
    use PrivateZoneRefusal as Z;
    match refusal {
        Z::RecordNotFound(_) => (404, "ZoneRecord.NotExists"),
        Z::RecordExists(_) => (400, "Record.Exists"),
        Z::CnameConflict(_) => (400, "Record.Conflict"),
        Z::NameTooLong => (400, "Record.Invalid.Rr"),
        Z::Bound(_) => (400, "Zone.VpcExists"),
        Z::DomainTaken { .. } => (400, "ZoneVpc.Domain.Exists"),
    }
}

fn other_family(protocol: RuleProtocol) -> Code {
    match protocol {
        RuleProtocol::Icmpv6 => (400, "InvalidParam.Ipv6ProtocolConflictWithIpv4Address"),
        RuleProtocol::All
        | RuleProtocol::Tcp
        | RuleProtocol::Udp
        | RuleProtocol::Icmp
        | RuleProtocol::Gre => (400, "InvalidParam.Ipv4ProtocolConflictWithIpv6Address"),
    }
}

fn vpc(product: Product, refusal: &VpcRefusal) -> Code {
    match refusal {
        VpcRefusal::CidrOutsideVpc { .. } => (400, "InvalidCidrBlock.Malformed"),
        VpcRefusal::CidrExists(_) => (400, "Duplicated.SecondaryCidrBlock"),
        VpcRefusal::CidrOverlapsVpc { .. } => (400, "InvalidCidrBlock"),
        VpcRefusal::CidrOverRoute { .. } => (400, "OperationFailed.ConflictWithEntry"),
        VpcRefusal::NoVpcOfRange(_) => (400, "InvalidVpc.NotFound"),
        VpcRefusal::CidrNotFound(_) => (400, "InvalidSecondaryCidrBlock.NotFound"),
        VpcRefusal::CidrInUse { .. } => (400, "OperationFailed.CidrInUse"),
        VpcRefusal::Ipv6Exists(_) | VpcRefusal::Ipv6Taken { .. } => {
            (400, "OperationFailed.Ipv6CidrBlockExisted")
        }
        VpcRefusal::Ipv6NotFound(_) => (400, "InvalidIpv6CidrBlock.NotFound"),
        VpcRefusal::Ipv6RangeInUse(_) => (400, "OperationFailed.IpV6VSwitchInuse"),
        VpcRefusal::VpcWithoutIpv6(_) => shared::vpc_without_ipv6(product),
        VpcRefusal::Ipv6NumberMissing => (400, "OperationFailed.IPv6Disabled"),
        VpcRefusal::Ipv6InUse { .. } => (400, "OperationFailed.Ipv6InstanceExist"),
        VpcRefusal::DefaultVpcExists(_) => (400, "OperationFailed.DefaultVpcExist"),
        VpcRefusal::NoDefaultVpc => (400, "OperationFailed.DefaultVpcNotExist"),
        VpcRefusal::DefaultVSwitchExists(_) => (400, "OperationFailed.DefaultVSwitchExist"),
        VpcRefusal::DefaultVpcFull(_) => (400, "ResourceNotAvailable"),
        VpcRefusal::CidrOverlapsVSwitch { .. } => (400, "InvalidCidrBlock.Overlapped"),
        VpcRefusal::VSwitchOverRoute { .. } => (400, "RouteConflict.AlreadyExist"),
        VpcRefusal::SystemTable(_) => (400, "IncorrectRouteTableType"),
        VpcRefusal::TableHasEntries(_) => (400, "IncorrectRouteTableStatus.RouteEntryExist"),
        VpcRefusal::SystemTableAssociated(_) => (400, "OperationDenied.SwitchToSystemRouteTable"),
        VpcRefusal::SystemTableUnassociated(_) => (404, "OperationUnsupported.SystemRouteTable"),
        VpcRefusal::TableAssociated { .. } => (400, "ResourceAlreadyAssociated.RouteTable"),
        VpcRefusal::TableNotAssociated { .. } => (404, "OperationFailed.VSwitchNotAssociate"),
        VpcRefusal::Destination(_) => (400, "InvalidDestinationCidrBlock"),
        VpcRefusal::RouteExists(_) => (400, "InvalidCIDRBlock.Duplicate"),
        VpcRefusal::RouteInVSwitch { .. } => {
            (400, "OperationUnsupported.DestinationCidrBlockOverlapWithVSwitch")
        }
        VpcRefusal::RouteNotFound => (400, "InvalidRouteEntry.NotFound"),
        VpcRefusal::NextHopNotFound(_) => (404, "InvalidNextHopId.NotFound"),
        VpcRefusal::NextHopManaged(_) => (400, "InvalidNexthop.UnsupportedEniBizType"),
        VpcRefusal::NextHopElsewhere(_) => (404, "OperationFailed.InstanceDismatchCurrentVpc"),
    }
}

fn assistant(refusal: &AssistantRefusal) -> Code {
    match refusal {
        AssistantRefusal::ParametersOff => (400, "Parameter.Disabled"),
        AssistantRefusal::ParameterUnknown(_) => (403, "Parameter.NotMatched"),
        AssistantRefusal::ParameterMissing(_) => (400, "Parameter.MissingValue"),
        AssistantRefusal::TooLong => (403, "CmdContent.ExceedLimit"),
    }
}

fn key_pair(refusal: &KeyPairRefusal) -> Code {
    match refusal {
        KeyPairRefusal::NotFound(_) => (404, "InvalidKeyPairName.NotFound"),
        KeyPairRefusal::NoName => (400, "MissingParameter.KeyPairName"),
        KeyPairRefusal::Exists(_) => (400, "KeyPair.AlreadyExist"),
        KeyPairRefusal::InUse { .. } => (400, "InvalidParameter.KeypairAlreadyAttachedInstance"),
        KeyPairRefusal::NotOfInstance { .. } => (400, "InvalidInstanceIds.ValueNotSupported"),
    }
}

fn prefix_list(refusal: &PrefixListRefusal) -> Code {
    match refusal {
        PrefixListRefusal::OtherFamily(_) => (400, "InvalidParameter.Cidr"),
        PrefixListRefusal::Full { .. } => (403, "LimitExceed.PrefixListEntry"),
        PrefixListRefusal::EntryNotFound(_) => (404, "InvalidPrefixListEntry.NotFound"),
        PrefixListRefusal::RuleOfOtherFamily(_) => (400, "InvalidParam.PrefixListAddressFamilyMismatch"),
    }
}

fn eni(refusal: &EniRefusal) -> Code {
    match refusal {
        EniRefusal::Attached { .. } => (400, "InvalidOperation.InvalidEniState"),
        EniRefusal::Primary(_) => (400, "InvalidOperation.DetachPrimaryEniNotAllowed"),
        EniRefusal::NotOfInstance { .. } => (400, "InvalidParameter.EniNotBelongEcs"),
        EniRefusal::ZoneMismatch { .. } => (403, "InvalidOperation.AvailabilityZoneMismatch"),
        EniRefusal::AddressNotAssigned { .. } => (403, "InvalidIp.IpUnassigned"),
        EniRefusal::NextHop { .. } => (400, "DependencyViolation.RouteEntry"),
        EniRefusal::InstanceHasMore(_) => (404, "InvalidInstance.AttachedEni"),
        EniRefusal::HasIpv6(_) => (404, "InvalidIp.Ipv6"),
        EniRefusal::HasMoreAddresses(_) => (400, "PrimaryEniHasSubIp"),
    }
}

#[cfg(test)]
mod tests {
    use model::tables::Key;

    use super::*;

    #[test]
    fn each_product_has_its_own_code_for_the_same_refusal() {
        let gone = Refusal::NotFound(Key::Vpc("vpc-bp1x".parse().unwrap()));
        let worded = |product| {
            let error = error(product, &gone);
            (error.status, error.code.into_owned())
        };
        assert_eq!(worded(Product::Vpc), (404, "InvalidVpcId.NotFound".to_owned()));
        assert_eq!(worded(Product::Nlb), (404, "ResourceNotFound.Vpc".to_owned()));
        assert_eq!(worded(Product::Privatelink), (400, "VpcNotFound".to_owned()));
        assert_eq!(error(Product::Nlb, &gone).message, "VPC vpc-bp1x does not exist.");
    }

    #[test]
    fn of_a_strange_id_only_harmless_characters_are_repeated() {
        let error = not_found(Product::Vpc, Kind::Vpc, "<b>\"vpc-1\n");
        assert_eq!(error.message, "The VPC bvpc-1 does not exist.");
    }
}
