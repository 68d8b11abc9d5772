//! Tags of load balancers, server groups and listeners.

use model::nlb::{Listener, LoadBalancer, ServerGroup};
use model::tables::Kind;
use model::tls::SecurityPolicy;

use super::job;
use crate::actions::tagging::{self, Type, Types};
use crate::actions::{Action, Write, works};
use crate::rpc::Product;

const TYPES: Types = &[
    ("loadbalancer", Type::of::<LoadBalancer>(Kind::LoadBalancer)),
    ("servergroup", Type::of::<ServerGroup>(Kind::ServerGroup)),
    ("securitypolicy", Type::of::<SecurityPolicy>(Kind::SecurityPolicy)),
    ("listener", Type::of::<Listener>(Kind::Listener)),
];

/// What can be moved into a resource group.
const MOVABLE: Types = &[
    ("loadbalancer", Type::of::<LoadBalancer>(Kind::LoadBalancer)),
    ("servergroup", Type::of::<ServerGroup>(Kind::ServerGroup)),
    ("securitypolicy", Type::of::<SecurityPolicy>(Kind::SecurityPolicy)),
];

pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Nlb, "TagResources", tagging::TAG, |call| tagging::tag(call, TYPES)),
    Action::write(Product::Nlb, "UntagResources", tagging::UNTAG, |call| tagging::untag(call, TYPES)),
    Action::write(
        Product::Nlb,
        "MoveResourceGroup",
        &[works("ResourceType"), works("ResourceId"), works("NewResourceGroupId")],
        |call| {
            Ok(Write { answer: job, ..tagging::move_resource_group(call, MOVABLE, "NewResourceGroupId")? })
        },
    ),
    Action::read(Product::Nlb, "ListTagResources", tagging::LIST, |call| tagging::list(call, TYPES)),
];
