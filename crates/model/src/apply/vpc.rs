//! VPCs and vSwitches.

use ipnet::Ipv4Net;

use super::done;
use crate::command::Output;
use crate::command::vpc::{CreateVSwitch, CreateVpc, VpcCommand};
use crate::draft::Draft;
use crate::id::{RouteTableId, RouterId, VSwitchId, VpcId, ZoneId};
use crate::meta::Labels;
use crate::quota::Quota;
use crate::refusal::{Refusal, VpcRefusal};
use crate::route::RouteTable;
use crate::tables::{Key, Kind};
use crate::vpc::{VSwitch, Vpc, overlap};

impl Draft {
    pub(super) fn run_vpc(&mut self, command: &VpcCommand) -> Result<Output, Refusal> {
        match command {
            VpcCommand::CreateVpc(it) => self.create_vpc(it),
            VpcCommand::ModifyVpc(it) => done(self.modify_vpc(it)),
            VpcCommand::DeleteVpc(id) => done(self.delete_vpc(id)),
            VpcCommand::AssociateCidr(it) => self.associate_cidr(it),
            VpcCommand::UnassociateCidr(it) => done(self.unassociate_cidr(it)),
            VpcCommand::AssociateIpv6(id) => self.associate_ipv6(id),
            VpcCommand::UnassociateIpv6(it) => done(self.unassociate_ipv6(it)),
            VpcCommand::CreateVSwitch(it) => self.create_vswitch(it),
            VpcCommand::CreateDefaultVSwitch(it) => self.create_default_vswitch(it),
            VpcCommand::ModifyVSwitch(it) => done(self.modify_vswitch(it)),
            VpcCommand::DeleteVSwitch(id) => done(self.delete_vswitch(id)),
        }
    }

    fn create_vpc(&mut self, it: &CreateVpc) -> Result<Output, Refusal> {
        self.room_in_account(Kind::Vpc, Quota::VpcsAnAccount)?;
        if let (true, Some(vpc)) = (it.is_default, self.default_vpc()) {
            return Err(VpcRefusal::DefaultVpcExists(vpc.id.clone()).into());
        }
        let id = VpcId::generate(&mut self.entropy);
        let router = RouterId::generate(&mut self.entropy);
        let meta = self.meta(&it.labels)?;
        let network = self.dense()?;
        let route_table = self.new_route_table(&Labels::default(), &id, &meta.resource_group, true)?;
        self.put(Vpc {
            id: id.clone(),
            meta,
            network,
            cidr: it.cidr,
            secondary: Vec::new(),
            ipv6: it.ipv6,
            is_default: it.is_default,
            router: router.clone(),
            route_table: route_table.clone(),
            default_group: None,
        });
        Ok(Output::Vpc { id, router, route_table })
    }

    fn delete_vpc(&mut self, id: &VpcId) -> Result<(), Refusal> {
        let vpc = self.own::<Vpc>(id)?;
        let kinds = [
            Kind::VSwitch,
            Kind::Endpoint,
            Kind::LoadBalancer,
            Kind::ServerGroup,
            Kind::SecurityGroup,
            Kind::PrivateZone,
        ];
        self.unused::<Vpc>(id, &kinds)?;
        if let Some(table) = self.state().route_tables_of(id).find(|table| !table.system) {
            let (what, by) = (Key::Vpc(id.clone()), Key::RouteTable(table.id.clone()));
            return Err(Refusal::InUse { what, by });
        }
        self.delete(Key::RouteTable(vpc.route_table.clone()));
        self.delete(Key::Vpc(id.clone()));
        Ok(())
    }

    fn create_vswitch(&mut self, it: &CreateVSwitch) -> Result<Output, Refusal> {
        let vpc = self.own::<Vpc>(&it.vpc)?;
        self.known_zone(&it.zone)?;
        self.fits(&vpc, it.cidr.net())?;
        self.new_vswitch(&vpc, it, false)
    }

    pub(super) fn new_vswitch(
        &mut self,
        vpc: &Vpc,
        it: &CreateVSwitch,
        is_default: bool,
    ) -> Result<Output, Refusal> {
        self.room(&Key::Vpc(it.vpc.clone()), Kind::VSwitch, 1, Quota::VSwitchesAVpc)?;
        let ipv6 = it.ipv6.map(|number| self.free_ipv6(vpc, number)).transpose()?;
        let id = VSwitchId::generate(&mut self.entropy);
        self.put(VSwitch {
            id: id.clone(),
            meta: self.meta(&it.labels.clone().within(&vpc.meta.resource_group))?,
            vpc: it.vpc.clone(),
            zone: it.zone.clone(),
            cidr: it.cidr,
            is_default,
            route_table: None,
            cursor: it.cidr.last(),
            ipv6,
        });
        Ok(Output::VSwitch(id))
    }

    pub(super) fn fits(&self, vpc: &Vpc, cidr: Ipv4Net) -> Result<(), Refusal> {
        if !vpc.ranges().any(|range| range.contains(&cidr)) {
            return Err(VpcRefusal::CidrOutsideVpc { cidr, vpc: vpc.cidr.net() }.into());
        }
        match self.state().vswitches_of(&vpc.id).find(|other| overlap(&other.cidr.net(), &cidr)) {
            Some(other) => Err(VpcRefusal::CidrOverlapsVSwitch {
                cidr,
                other: other.cidr.net(),
                vswitch: other.id.clone(),
            }
            .into()),
            None => match self.route_within(&vpc.id, cidr) {
                Some((table, destination)) => Err(VpcRefusal::VSwitchOverRoute { table, destination }.into()),
                None => Ok(()),
            },
        }
    }

    /// A route into the range, which what lies there would overrule.
    pub(super) fn route_within(&self, vpc: &VpcId, cidr: Ipv4Net) -> Option<(RouteTableId, Ipv4Net)> {
        let mut tables = self.state().route_tables_of(vpc);
        let within = |table: &RouteTable| table.entries.keys().copied().find(|to| cidr.contains(to));
        tables.find_map(|table| Some((table.id.clone(), within(table)?)))
    }

    fn delete_vswitch(&mut self, id: &VSwitchId) -> Result<(), Refusal> {
        let vswitch = self.own::<VSwitch>(id)?;
        if let Some(table) = &vswitch.route_table {
            let (what, by) = (Key::VSwitch(id.clone()), Key::RouteTable(table.clone()));
            return Err(Refusal::InUse { what, by });
        }
        self.unused::<VSwitch>(id, &[Kind::Eni])?;
        let key = Key::VSwitch(id.clone());
        let resting: Vec<Key> = self.state().users(&key, Kind::Released).cloned().collect();
        for address in resting {
            self.delete(address);
        }
        self.delete(key);
        Ok(())
    }

    pub(super) fn known_zone(&self, zone: &ZoneId) -> Result<(), Refusal> {
        if self.state().settings().zones.contains(zone) {
            Ok(())
        } else {
            Err(Refusal::ZoneUnknown(zone.clone()))
        }
    }

    /// A vSwitch of the caller that lies in this VPC and zone.
    pub(super) fn placed(&self, vswitch: &VSwitchId, vpc: &VpcId, zone: &ZoneId) -> Result<(), Refusal> {
        let vswitch = self.own::<VSwitch>(vswitch)?;
        if vswitch.vpc != *vpc {
            let (what, other) = (Key::VSwitch(vswitch.id.clone()), Key::Vpc(vpc.clone()));
            return Err(Refusal::VpcMismatch { what, other });
        }
        if vswitch.zone != *zone {
            self.known_zone(zone)?;
            let (actual, asked) = (vswitch.zone.clone(), zone.clone());
            return Err(Refusal::ZoneMismatch { vswitch: vswitch.id.clone(), actual, asked });
        }
        Ok(())
    }
}
