//! Security groups and their rules.

use super::*;

impl Dice<'_> {
    pub(super) fn security(&mut self) -> C {
        let group = self.group();
        let spec = self.rule();
        match self.below(10) {
            0..=2 => C::CreateSecurityGroup(CreateSecurityGroup {
                labels: Labels::default(),
                vpc: self.vpc_id(),
                kind: if self.chance(4) { GroupKind::Enterprise } else { GroupKind::Normal },
            }),
            3 => C::DeleteSecurityGroup(group),
            4 | 5 => C::AuthorizeRules(AuthorizeRules {
                group,
                rules: vec![NewRule { spec, description: Description::default() }],
            }),
            6 => C::RevokeRules(RevokeRules { group, rules: vec![RuleSelector::Spec(spec)] }),
            7 => C::ModifyRule(ModifyRule {
                rule: self.rule_of(&group).unwrap_or(RuleSelector::Spec(spec)),
                group,
                spec: Some(self.rule()),
                description: None,
            }),
            8 => C::JoinSecurityGroup(self.membership()),
            _ if self.chance(2) => C::SetInnerAccess(group, self.chance(2)),
            _ => C::LeaveSecurityGroup(self.present()),
        }
    }

    pub(super) fn rule(&mut self) -> RuleSpec {
        let peer = match self.below(9) {
            0..=3 => Peer::Group(self.group()),
            4 => Peer::PrefixList(self.prefix_list()),
            5 | 6 => Peer::Ipv6Cidr("fd69:7374::/32".parse().unwrap()),
            _ => Peer::Cidr("10.0.0.0/8".parse().unwrap()),
        };
        let protocol = [RuleProtocol::Tcp, RuleProtocol::All, RuleProtocol::Icmpv6][self.below(3) as usize];
        let narrow = protocol == RuleProtocol::Tcp && self.chance(4);
        RuleSpec {
            direction: if self.chance(2) { Direction::Ingress } else { Direction::Egress },
            protocol,
            ports: ALL_PORTS,
            source_ports: if narrow { PortRange::one(5000) } else { ALL_PORTS },
            peer,
            own: [None, None, Some("10.0.0.0/16"), Some("fd69:7374::/40")][self.below(4) as usize]
                .map(|range| range.parse().unwrap()),
            policy: if self.chance(2) { RulePolicy::Accept } else { RulePolicy::Drop },
            priority: Priority::default(),
        }
    }

    pub(super) fn rule_of(&self, group: &SecurityGroupId) -> Option<RuleSelector> {
        let group = self.state.get::<model::security::SecurityGroup>(group)?;
        group.rules.keys().next().cloned().map(RuleSelector::Id)
    }

    /// A group that an instance is in, mostly.
    pub(super) fn present(&mut self) -> Membership {
        let instance = self.instance();
        let eni = self.state.get::<model::instance::Instance>(&instance).map(|row| row.eni.clone());
        let row = eni.and_then(|eni| self.state.get::<model::instance::Eni>(&eni));
        let first = row.and_then(|row| row.security_groups.first().cloned());
        Membership { group: first.unwrap_or_else(|| self.group()), member: Member::Instance(instance) }
    }

    pub(super) fn membership(&mut self) -> Membership {
        Membership { group: self.group(), member: Member::Instance(self.instance()) }
    }
}
