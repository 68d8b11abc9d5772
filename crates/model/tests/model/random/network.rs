//! VPCs, vSwitches, prefix lists, resource groups, limits.

use super::*;

impl Dice<'_> {
    pub(super) fn network(&mut self) -> C {
        let (octet, second) = (self.below(4), self.below(8) / 7);
        let cidr = VSwitchCidr::new(format!("10.{second}.{octet}.0/28").parse().unwrap()).unwrap();
        match self.below(23) {
            19 => C::Vpc(VpcCommand::AssociateIpv6(self.vpc_id())),
            20 => C::Vpc(VpcCommand::UnassociateIpv6(self.ipv6_of_vpc())),
            21 | 22 => C::Vpc(VpcCommand::ModifyVSwitch(ModifyVSwitch {
                vswitch: self.vswitch(),
                relabel: relabel(),
                ipv6: Some(self.switch_ipv6()),
            })),
            17 => C::ResourceGroup(self.groups()),
            18 => self.limit(),
            0 | 1 => C::Vpc(VpcCommand::CreateVpc(CreateVpc {
                cidr: VpcCidr::new("10.0.0.0/16".parse().unwrap()).unwrap(),
                ipv6: self.chance(2),
                is_default: self.chance(3),
                labels: Labels::default(),
            })),
            14 => C::Vpc(VpcCommand::AssociateCidr(self.secondary())),
            15 => C::Vpc(VpcCommand::UnassociateCidr(self.secondary())),
            16 => C::Vpc(VpcCommand::CreateDefaultVSwitch(CreateDefaultVSwitch {
                zone: self.zone(),
                ipv6: self.ipv6_number(),
            })),
            2..=7 => C::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
                labels: Labels::default(),
                vpc: self.vpc_id(),
                zone: self.zone(),
                cidr,
                ipv6: self.ipv6_number(),
            })),
            8 => C::Vpc(VpcCommand::DeleteVpc(self.vpc_id())),
            9 => C::Vpc(VpcCommand::DeleteVSwitch(self.vswitch())),
            10 => C::Vpc(VpcCommand::ModifyVpc(ModifyVpc {
                vpc: self.vpc_id(),
                relabel: relabel(),
                ipv6: self.chance(2).then(|| self.chance(2)),
            })),
            11 => C::Purge(Revision(self.state.revision().0.saturating_sub(self.below(20)))),
            12 => C::Tag(Tagging {
                resources: vec![model::tables::Key::Vpc(self.vpc_id())],
                tags: [("key".to_owned(), "value".to_owned())].into(),
            }),
            _ => C::Untag(Untagging {
                resources: vec![model::tables::Key::Instance(self.instance())],
                keys: None,
            }),
        }
    }

    pub(super) fn resource_group(&mut self) -> ResourceGroupId {
        self.key(&self.state.tables().resource_groups.clone(), "rg-none")
    }

    /// A limit that leaves room for something, or the usual one.
    pub(super) fn limit(&mut self) -> C {
        let quota = Quota::ALL[self.below(Quota::ALL.len() as u64) as usize];
        let limit = u64::from(quota.usual()) / 2 + self.below(quota.usual().into());
        let account = self.state.tables().accounts.keys().next().copied().unwrap_or(OTHER);
        C::Access(Access::Limit(SetLimit { account, quota, limit: self.chance(2).then_some(limit as u32) }))
    }

    pub(super) fn groups(&mut self) -> ResourceGroupCommand {
        match self.below(4) {
            0 => ResourceGroupCommand::Create(CreateResourceGroup {
                name: format!("group-{}", self.below(4)).try_into().unwrap(),
                display_name: "group".to_owned().try_into().unwrap(),
                tags: [("key".to_owned(), "value".to_owned())].into(),
            }),
            1 => ResourceGroupCommand::Rename(self.resource_group(), "other".to_owned().try_into().unwrap()),
            2 => ResourceGroupCommand::Delete(self.resource_group()),
            _ => {
                let id = self.vpc_id();
                ResourceGroupCommand::Move(model::tables::Key::Vpc(id), self.resource_group())
            }
        }
    }

    pub(super) fn ipv6_number(&mut self) -> Option<u8> {
        self.chance(2).then(|| self.below(4) as u8)
    }

    pub(super) fn switch_ipv6(&mut self) -> SwitchIpv6 {
        if self.chance(4) { SwitchIpv6::Off } else { SwitchIpv6::On(self.ipv6_number()) }
    }

    /// The IPv6 range of a VPC, mostly.
    pub(super) fn ipv6_of_vpc(&mut self) -> Ipv6OfVpc {
        let vpc = self.vpc_id();
        let real = self.state.get::<model::vpc::Vpc>(&vpc).and_then(|row| row.ipv6_range());
        Ipv6OfVpc { vpc, range: real.unwrap_or("fd69:7374::/56".parse().unwrap()) }
    }

    /// A range that a VPC has, or could have.
    pub(super) fn secondary(&mut self) -> CidrOfVpc {
        let mut vpcs = self.state.tables().vpcs.values();
        let real = vpcs.find_map(|vpc| Some((vpc.id.clone(), *vpc.secondary.first()?)));
        if let Some((vpc, cidr)) = real.filter(|_| !self.chance(3)) {
            return CidrOfVpc { vpc, cidr };
        }
        let range = ["10.1.0.0/16", "10.1.0.0/24", "10.2.0.0/16"][self.below(3) as usize];
        CidrOfVpc { vpc: self.vpc_id(), cidr: VpcCidr::new(range.parse().unwrap()).unwrap() }
    }

    pub(super) fn openings(&mut self) -> C {
        match self.below(5) {
            0 | 1 => self.key_pairs(),
            2 | 3 => self.assistant(),
            _ => self.prefix_lists(),
        }
    }

    pub(super) fn prefix_list(&mut self) -> PrefixListId {
        self.key(&self.state.tables().prefix_lists.clone(), "pl-none")
    }

    pub(super) fn prefix_lists(&mut self) -> C {
        let range = ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.1/32"][self.below(3) as usize];
        let list = self.prefix_list();
        let entry = (range.parse().unwrap(), Description::default());
        match self.below(6) {
            0 | 1 => create_prefix_list(&[range]),
            2 => C::PrefixList(PrefixListCommand::Delete(list)),
            3 => C::PrefixList(PrefixListCommand::Modify(ModifyPrefixList {
                list,
                relabel: Relabel::default(),
                add: BTreeMap::new(),
                remove: BTreeSet::from([entry.0]),
            })),
            _ => C::PrefixList(PrefixListCommand::Modify(ModifyPrefixList {
                list,
                relabel: Relabel::default(),
                add: BTreeMap::from([entry]),
                remove: BTreeSet::new(),
            })),
        }
    }
}
