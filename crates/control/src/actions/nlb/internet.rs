//! What only a load balancer with Internet addresses can do. None has any here, so each answer is the one that the cloud
//! gives for a private load balancer.

use model::nlb::{AddressType, IpVersion, LoadBalancer};
use model::refusal::Refusal;

use crate::actions::{Action, Call, Param, Write, no_effect, refusal, refused, works};
use crate::rpc::{ApiError, Product};

const PRIVATE: &str = "always refused: a load balancer's IPv6 addresses are and stay private";
const NO_PACKAGES: &str =
    "always refused: there are no bandwidth packages, and no load balancer is Internet-facing";
const PACKAGE: Param = no_effect("BandwidthPackageId", NO_PACKAGES);

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "UpdateLoadBalancerAddressTypeConfig",
        &[
            works("LoadBalancerId"),
            no_effect("AddressType", "always refused: every load balancer is and stays Intranet"),
            refused("ZoneMappings", "there are no Elastic IP addresses."),
        ],
        address_type,
    ),
    Action::write(
        Product::Nlb,
        "EnableLoadBalancerIpv6Internet",
        &[no_effect("LoadBalancerId", PRIVATE)],
        enable_ipv6,
    ),
    Action::write(
        Product::Nlb,
        "DisableLoadBalancerIpv6Internet",
        &[no_effect("LoadBalancerId", PRIVATE)],
        disable_ipv6,
    ),
    Action::write(
        Product::Nlb,
        "AttachCommonBandwidthPackageToLoadBalancer",
        &[works("LoadBalancerId"), PACKAGE],
        attach,
    ),
    Action::write(
        Product::Nlb,
        "DetachCommonBandwidthPackageFromLoadBalancer",
        &[works("LoadBalancerId"), PACKAGE],
        detach,
    ),
];

fn denied(call: &Call, code: &'static str, why: &'static str) -> Result<Write, ApiError> {
    call.owned::<LoadBalancer>("LoadBalancerId")?;
    Err(ApiError::new(400, code, why))
}

fn address_type(call: &Call) -> Result<Write, ApiError> {
    let asked = call.params.word::<AddressType>("AddressType")?;
    match asked.ok_or_else(|| call.params.missing("AddressType"))? {
        AddressType::Intranet => {
            denied(call, "OperationDenied.AddressTypeNotChanged", "The load balancer is Intranet already.")
        }
        AddressType::Internet => {
            call.owned::<LoadBalancer>("LoadBalancerId")?;
            let unsupported = Refusal::Unsupported("an Internet-facing load balancer");
            Err(refusal::error(Product::Nlb, &unsupported))
        }
    }
}

fn enable_ipv6(call: &Call) -> Result<Write, ApiError> {
    with_ipv6(call)?;
    Err(refusal::error(Product::Nlb, &Refusal::Unsupported("an Internet-facing load balancer")))
}

fn disable_ipv6(call: &Call) -> Result<Write, ApiError> {
    with_ipv6(call)?;
    denied(
        call,
        "OperationDenied.Ipv6IntranetInstance",
        "The load balancer's IPv6 addresses are private already.",
    )
}

fn with_ipv6(call: &Call) -> Result<(), ApiError> {
    match call.owned::<LoadBalancer>("LoadBalancerId")?.ip_version.value {
        IpVersion::DualStack => Ok(()),
        IpVersion::Ipv4 => {
            let message = "The load balancer has IPv4 addresses alone.";
            Err(ApiError::new(400, "OperationDenied.NonDualStackInstance", message))
        }
    }
}

fn attach(call: &Call) -> Result<Write, ApiError> {
    call.params.required("BandwidthPackageId")?;
    let why = "A bandwidth package needs an Internet-facing load balancer; this one is Intranet.";
    denied(call, "OperationDenied.IntranetLoadBalancer", why)
}

fn detach(call: &Call) -> Result<Write, ApiError> {
    call.params.required("BandwidthPackageId")?;
    denied(call, "ResourceNotAssociated.loadbalancer", "The load balancer has no bandwidth package.")
}
