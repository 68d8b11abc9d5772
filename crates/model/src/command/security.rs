//! Commands about security groups.

use crate::id::{EniId, InstanceId, RuleId, SecurityGroupId, VpcId};
use crate::meta::{Description, Labels, Relabel};
use crate::security::{GroupKind, RuleSpec};

/// Makes a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSecurityGroup {
    /// Name, description, tags, resource group.
    pub labels: Labels,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its type.
    pub kind: GroupKind,
}

/// Names or describes a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifySecurityGroup {
    /// The group.
    pub group: SecurityGroupId,
    /// What it is called now.
    pub relabel: Relabel,
}

/// A rule to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// What it says.
    pub spec: RuleSpec,
    /// Its description.
    pub description: Description,
}

/// Adds rules to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeRules {
    /// The group.
    pub group: SecurityGroupId,
    /// The rules, of either direction.
    pub rules: Vec<NewRule>,
}

/// Which rule is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleSelector {
    /// The one with this id; it must exist.
    Id(RuleId),
    /// The one that says this.
    Spec(RuleSpec),
}

/// Takes rules from a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeRules {
    /// The group.
    pub group: SecurityGroupId,
    /// The rules.
    pub rules: Vec<RuleSelector>,
}

/// Changes a rule; it keeps its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyRule {
    /// The group.
    pub group: SecurityGroupId,
    /// The rule.
    pub rule: RuleSelector,
    /// What it says now; `None` leaves what is there.
    pub spec: Option<RuleSpec>,
    /// Its description; `None` leaves what is there.
    pub description: Option<Description>,
}

/// Who is put into a group or taken out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// The primary ENI of an instance.
    Instance(InstanceId),
    /// An ENI of an instance.
    Eni(EniId),
}

/// A member and a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: SecurityGroupId,
    /// Who.
    pub member: Member,
}
