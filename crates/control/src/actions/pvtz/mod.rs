//! The pvtz product, version 2018-01-01: private zones, which the resolver answers inside the VPCs that they are bound to.

mod record;
mod shape;
mod zone;

use super::{Action, Param, no_effect};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[zone::ACTIONS, record::ACTIONS];

const LANG: Param = no_effect("Lang", "messages are in English");
const CLIENT: Param = no_effect("UserClientIp", "the connection says where a caller is");
