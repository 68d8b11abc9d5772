//! Names that the product gives to its resources.

use crate::id::{EndpointId, EndpointServiceId, LoadBalancerId, ZoneId};

/// The name that an endpoint service is found by.
pub fn service_name(region: &str, service: &EndpointServiceId) -> String {
    format!("com.aliyuncs.privatelink.{region}.{service}")
}

/// The service in a service name of this region.
pub fn service_of_name(region: &str, name: &str) -> Option<EndpointServiceId> {
    name.strip_prefix("com.aliyuncs.privatelink.")?.strip_prefix(region)?.strip_prefix('.')?.parse().ok()
}

/// The domain of an endpoint service.
pub fn service_domain(region: &str, service: &EndpointServiceId) -> String {
    format!("{service}.{region}.privatelink.aliyuncs.com")
}

/// The domain of an endpoint: all its zones.
pub fn endpoint_domain(region: &str, service: &EndpointServiceId, endpoint: &EndpointId) -> String {
    format!("{endpoint}.{}", service_domain(region, service))
}

/// The domain of one zone of an endpoint.
pub fn zone_domain(
    region: &str,
    service: &EndpointServiceId,
    endpoint: &EndpointId,
    zone: &ZoneId,
) -> String {
    format!("{endpoint}-{zone}.{}", service_domain(region, service))
}

/// The domain of an NLB: all its zones.
pub fn load_balancer_domain(region: &str, load_balancer: &LoadBalancerId) -> String {
    format!("{load_balancer}.{region}.nlb.aliyuncsslb.com")
}
