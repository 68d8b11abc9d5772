//! What only a load balancer with Internet or IPv6 addresses can do. None has any here, so each answer is the one that
//! the cloud gives for a private IPv4 load balancer.

use model::nlb::{AddressType, LoadBalancer};
use model::refusal::Refusal;

use crate::actions::{Action, Call, Param, Write, no_effect, refusal, refused, works};
use crate::rpc::{ApiError, Product};

const NO_IPV6: &str = "always refused: a load balancer has IPv4 addresses alone";
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
        &[no_effect("LoadBalancerId", NO_IPV6)],
        ipv6,
    ),
    Action::write(
        Product::Nlb,
        "DisableLoadBalancerIpv6Internet",
        &[no_effect("LoadBalancerId", NO_IPV6)],
        ipv6,
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

fn ipv6(call: &Call) -> Result<Write, ApiError> {
    denied(call, "OperationDenied.NonDualStackInstance", "The load balancer has IPv4 addresses alone.")
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
