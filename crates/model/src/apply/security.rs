//! Security groups, their rules and members.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;

use crate::command::Output;
use crate::command::security::{
    AuthorizeRules, CreateSecurityGroup, Member, Membership, ModifyRule, NewRule, RevokeRules, RuleSelector,
};
use crate::draft::Draft;
use crate::id::{RuleId, SecurityGroupId, VpcId};
use crate::instance::{Eni, Instance};
use crate::meta::{Description, Labels, Name};
use crate::net::PortRange;
use crate::quota::Quota;
use crate::refusal::Refusal;
use crate::security::{
    ALL_PORTS, Direction, GroupKind, Peer, Priority, Rule, RulePolicy, RuleProtocol, RuleSpec, SecurityGroup,
};
use crate::tables::{Key, Kind};
use crate::vpc::Vpc;

/// What the system's own group lets in from everywhere.
const DEFAULT_RULES: [(RuleProtocol, PortRange); 5] = [
    (RuleProtocol::Icmp, ALL_PORTS),
    (RuleProtocol::Tcp, PortRange { low: 22, high: 22 }),
    (RuleProtocol::Tcp, PortRange { low: 80, high: 80 }),
    (RuleProtocol::Tcp, PortRange { low: 443, high: 443 }),
    (RuleProtocol::Tcp, PortRange { low: 3389, high: 3389 }),
];

fn default_rule((protocol, ports): (RuleProtocol, PortRange)) -> NewRule {
    let everywhere = Peer::Cidr(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
    let spec = RuleSpec {
        direction: Direction::Ingress,
        protocol,
        ports,
        source_ports: ALL_PORTS,
        peer: everywhere,
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::LOWEST,
    };
    NewRule { spec, description: Description::default() }
}

impl Draft {
    pub(super) fn create_security_group(&mut self, it: &CreateSecurityGroup) -> Result<Output, Refusal> {
        self.own::<Vpc>(&it.vpc)?;
        self.room_in_account(Kind::SecurityGroup, Quota::SecurityGroupsAnAccount)?;
        self.new_group(&it.labels, &it.vpc, it.kind, false).map(Output::SecurityGroup)
    }

    fn new_group(
        &mut self,
        labels: &Labels,
        vpc: &VpcId,
        kind: GroupKind,
        system: bool,
    ) -> Result<SecurityGroupId, Refusal> {
        let id = SecurityGroupId::generate(&mut self.entropy);
        let meta = self.meta(labels)?;
        let index = self.dense()?;
        self.put(SecurityGroup {
            id: id.clone(),
            meta,
            vpc: vpc.clone(),
            index,
            kind,
            inner_access: kind == GroupKind::Normal,
            system,
            rules: std::collections::BTreeMap::new(),
        });
        Ok(id)
    }

    /// The group of instances that name none; made when the first one needs it.
    pub(super) fn default_group(&mut self, vpc: &VpcId) -> Result<SecurityGroupId, Refusal> {
        let row = self.own::<Vpc>(vpc)?;
        if let Some(group) = &row.default_group {
            return Ok(group.clone());
        }
        let name = Name::parse("default").unwrap_or_default();
        let description = Description::parse("System created security group.").unwrap_or_default();
        let labels = Labels { name, description, ..Labels::default() };
        let id = self.new_group(&labels, vpc, GroupKind::Normal, true)?;
        let rules = DEFAULT_RULES.map(default_rule).to_vec();
        self.authorize_rules(&AuthorizeRules { group: id.clone(), rules })?;
        self.edit_quietly(row.as_ref(), |row| row.default_group = Some(id.clone()));
        Ok(id)
    }

    pub(super) fn set_inner_access(&mut self, id: &SecurityGroupId, accept: bool) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(id)?;
        match (group.kind, accept) {
            (GroupKind::Enterprise, true) => Err(Refusal::InnerAccessOfEnterprise(id.clone())),
            (GroupKind::Enterprise, false) | (GroupKind::Normal, _) => {
                self.edit(group.as_ref(), |row| row.inner_access = accept);
                Ok(())
            }
        }
    }

    pub(super) fn delete_security_group(&mut self, id: &SecurityGroupId) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(id)?;
        let users = [Kind::Eni, Kind::Endpoint, Kind::LoadBalancer, Kind::SecurityGroup];
        self.unused::<SecurityGroup>(id, &users)?;
        let vpc = self.own::<Vpc>(&group.vpc)?;
        if vpc.default_group.as_ref() == Some(id) {
            self.edit_quietly(vpc.as_ref(), |row| row.default_group = None);
        }
        self.delete(Key::SecurityGroup(id.clone()));
        Ok(())
    }

    pub(super) fn authorize_rules(&mut self, it: &AuthorizeRules) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(&it.group)?;
        if it.rules.is_empty() {
            return Err(Refusal::Empty("the list of rules"));
        }
        let mut after = group.as_ref().clone();
        for new in &it.rules {
            self.rule_fits(&group, &new.spec)?;
            if find(&after, &new.spec).is_none() {
                let rule =
                    Rule { spec: new.spec.clone(), description: new.description.clone(), created: self.now };
                after.rules.insert(RuleId::generate(&mut self.entropy), rule);
            }
        }
        self.within(self.weight(&after), Quota::RulesAGroup)?;
        self.replace(&group, after);
        Ok(())
    }

    fn replace(&mut self, group: &SecurityGroup, after: SecurityGroup) {
        if after != *group {
            self.edit(&after, |_| ());
        }
    }

    fn rule_fits(&self, group: &SecurityGroup, spec: &RuleSpec) -> Result<(), Refusal> {
        families_fit(spec)?;
        match &spec.peer {
            Peer::Group(peer) => self.peer_fits(group, peer),
            Peer::PrefixList(list) => self.list_of(spec, list).map(|_| ()),
            Peer::Cidr(_) | Peer::Ipv6Cidr(_) => Ok(()),
        }
    }

    fn peer_fits(&self, group: &SecurityGroup, peer: &SecurityGroupId) -> Result<(), Refusal> {
        if group.kind == GroupKind::Enterprise {
            return Err(Refusal::GroupRuleInEnterprise(group.id.clone()));
        }
        let Ok(peer) = self.own::<SecurityGroup>(peer) else {
            return Err(Refusal::PeerGroupNotFound(peer.clone()));
        };
        if peer.vpc == group.vpc {
            return Ok(());
        }
        let key = |group: &SecurityGroup| Key::SecurityGroup(group.id.clone());
        Err(Refusal::VpcMismatch { what: key(group), other: key(&peer) })
    }

    pub(super) fn revoke_rules(&mut self, it: &RevokeRules) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(&it.group)?;
        let mut after = group.as_ref().clone();
        for selector in &it.rules {
            match selector {
                RuleSelector::Id(id) => {
                    let not_found = || Refusal::RuleNotFound { group: group.id.clone() };
                    after.rules.remove(id).ok_or_else(not_found)?;
                }
                RuleSelector::Spec(spec) => {
                    families_fit(spec)?;
                    after.rules.retain(|_, rule| rule.spec != *spec);
                }
            }
        }
        self.replace(&group, after);
        Ok(())
    }

    pub(super) fn modify_rule(&mut self, it: &ModifyRule) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(&it.group)?;
        let found = match &it.rule {
            RuleSelector::Id(id) => Some(id.clone()),
            RuleSelector::Spec(spec) => {
                families_fit(spec)?;
                find(&group, spec)
            }
        };
        let mut after = group.as_ref().clone();
        let rule = found.as_ref().and_then(|id| after.rules.get_mut(id));
        let rule = rule.ok_or_else(|| Refusal::RuleNotFound { group: group.id.clone() })?;
        if let Some(spec) = &it.spec {
            self.rule_fits(&group, spec)?;
            if find(&group, spec).is_some_and(|other| Some(other) != found) {
                return Err(Refusal::RuleExists { group: group.id.clone() });
            }
            rule.spec = spec.clone();
        }
        rule.description = it.description.clone().unwrap_or_else(|| rule.description.clone());
        if self.weight(&after) > self.weight(&group) {
            self.within(self.weight(&after), Quota::RulesAGroup)?;
        }
        self.replace(&group, after);
        Ok(())
    }

    /// Groups that an interface or endpoint in this VPC may have together.
    pub(super) fn usable_groups(
        &self,
        ids: &BTreeSet<SecurityGroupId>,
        vpc: &VpcId,
        quota: Quota,
    ) -> Result<(), Refusal> {
        self.within(ids.len(), quota)?;
        let mut kind = None;
        for id in ids {
            let group = self.own::<SecurityGroup>(id)?;
            if group.vpc != *vpc {
                let (what, other) = (Key::SecurityGroup(id.clone()), Key::Vpc(vpc.clone()));
                return Err(Refusal::VpcMismatch { what, other });
            }
            if *kind.get_or_insert(group.kind) != group.kind {
                return Err(Refusal::MixedGroupKinds { group: id.clone(), kind: group.kind });
            }
        }
        Ok(())
    }

    pub(super) fn join_security_group(&mut self, it: &Membership) -> Result<(), Refusal> {
        let group = self.own::<SecurityGroup>(&it.group)?;
        let (eni, member) = self.member(&it.member)?;
        if group.vpc != eni.vpc {
            return Err(Refusal::VpcMismatch { what: Key::SecurityGroup(it.group.clone()), other: member });
        }
        let mut groups = eni.security_groups.clone();
        if !groups.insert(it.group.clone()) {
            return Err(Refusal::AlreadyMember { member, group: it.group.clone() });
        }
        self.usable_groups(&groups, &eni.vpc, Quota::GroupsAnEni)?;
        self.edit(eni.as_ref(), |row| row.security_groups = groups);
        self.room_in_groups([&it.group])
    }

    /// Refuses when groups that something has joined, or whose members have got addresses, have more than they may.
    pub(crate) fn room_in_groups<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a SecurityGroupId>,
    ) -> Result<(), Refusal> {
        for group in groups {
            let (count, quota) = self.state().members(self.own::<SecurityGroup>(group)?.as_ref());
            self.within(count, quota)?;
        }
        Ok(())
    }

    pub(super) fn leave_security_group(&mut self, it: &Membership) -> Result<(), Refusal> {
        self.own::<SecurityGroup>(&it.group)?;
        let (eni, member) = self.member(&it.member)?;
        let mut groups = eni.security_groups.clone();
        if !groups.remove(&it.group) {
            return Err(Refusal::NotMember { member, group: it.group.clone() });
        }
        if groups.is_empty() {
            return Err(Refusal::LastSecurityGroup(member));
        }
        self.edit(eni.as_ref(), |row| row.security_groups = groups);
        Ok(())
    }

    fn member(&self, member: &Member) -> Result<(Arc<Eni>, Key), Refusal> {
        let (eni, key) = match member {
            Member::Instance(id) => (self.own::<Instance>(id)?.eni.clone(), Key::Instance(id.clone())),
            Member::Eni(id) => (id.clone(), Key::Eni(id.clone())),
        };
        let eni = self.own::<Eni>(&eni)?;
        if eni.is_managed() { Err(Refusal::EniServiceManaged(key)) } else { Ok((eni, key)) }
    }
}

fn find(group: &SecurityGroup, spec: &RuleSpec) -> Option<RuleId> {
    group.rules.iter().find(|(_, rule)| rule.spec == *spec).map(|(id, _)| id.clone())
}

fn families_fit(spec: &RuleSpec) -> Result<(), Refusal> {
    if !spec.sides_fit() {
        return Err(Refusal::SidesOfTwoFamilies);
    }
    if spec.protocol_fits() { Ok(()) } else { Err(Refusal::ProtocolOfOtherFamily(spec.protocol)) }
}
