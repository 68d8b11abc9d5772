//! Network load balancers, version 2022-04-30.

mod groups;
mod health;
mod internet;
mod job;
mod listener;
mod load_balancer;
mod monitor;
mod protection;
mod region;
mod security_policy;
mod server;
mod server_group;
mod shift;
mod tag;
mod tls;

pub(crate) use server::identity;

use model::command::Output;
use serde_json::{Value, json};

use super::list::Sizes;
use super::{Action, View};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    load_balancer::ACTIONS,
    protection::ACTIONS,
    groups::ACTIONS,
    shift::ACTIONS,
    internet::ACTIONS,
    monitor::ACTIONS,
    server_group::ACTIONS,
    server::ACTIONS,
    listener::ACTIONS,
    health::ACTIONS,
    tls::ACTIONS,
    security_policy::ACTIONS,
    job::ACTIONS,
    region::ACTIONS,
    tag::ACTIONS,
];

const PAGE: Sizes = Sizes { default: 20, most: 100 };

/// The answer of an asynchronous action: its job, and the object when the action names it.
fn job(_: &View, output: &Output) -> Value {
    match output {
        Output::Job(job) => json!({ "JobId": job.as_str() }),
        Output::ServerGroup(group, job) => json!({ "JobId": job.as_str(), "ServerGroupId": group.as_str() }),
        Output::Listener(listener, job) => json!({ "JobId": job.as_str(), "ListenerId": listener.as_str() }),
        Output::SecurityPolicy(policy, job) => {
            json!({ "JobId": job.as_str(), "SecurityPolicyId": policy.as_str() })
        }
        Output::LoadBalancer(load_balancer) => {
            json!({ "LoadbalancerId": load_balancer.as_str(), "OrderId": 0 })
        }
        Output::Moved(key) => {
            json!({ "Data": { "ResourceId": key.to_string() }, "HttpStatusCode": 200, "Success": true })
        }
        Output::Done
        | Output::Account(_)
        | Output::ResourceGroup(_)
        | Output::Vpc { .. }
        | Output::Cidr(_)
        | Output::Ipv6Cidr(_)
        | Output::VSwitch(_)
        | Output::RouteTable(_)
        | Output::RouteEntry(_)
        | Output::Eni(_)
        | Output::Addresses(..)
        | Output::Instances(_)
        | Output::SecurityGroup(_)
        | Output::Certificate(_)
        | Output::Service(_)
        | Output::PrivateZone(_)
        | Output::ZoneRecord(_)
        | Output::SavedCommand(_)
        | Output::Invocation(..)
        | Output::KeyPair(..)
        | Output::KeyPairOf(..)
        | Output::PrefixList(_)
        | Output::Endpoint(_) => Value::Null,
    }
}
