//! Giving out IPv6 addresses. One that was given up needs no rest: a /64 is far too large for it to come round again.

use std::net::Ipv6Addr;

use crate::command::eni::MoreAddresses;
use crate::draft::Draft;
use crate::instance::Eni;
use crate::ipv6::VSwitchIpv6;
use crate::quota::Quota;
use crate::refusal::{AddressRefusal, Refusal};
use crate::relations::Claim;
use crate::vpc::VSwitch;

impl Draft {
    /// Gives an interface IPv6 addresses; says which.
    pub(crate) fn add_ipv6(
        &mut self,
        eni: &Eni,
        more: &MoreAddresses<Ipv6Addr>,
    ) -> Result<Vec<Ipv6Addr>, Refusal> {
        let wanted = more.wanted();
        self.within(eni.ipv6.len() + wanted.len(), Quota::Ipv6AddressesAnEni)?;
        let mut eni = eni.clone();
        let mut added = Vec::new();
        for address in wanted {
            let address = self.take_ipv6(&eni, address)?;
            added.push(address);
            eni.ipv6.insert(address, self.dense()?);
            self.edit(&eni, |_| ());
        }
        Ok(added)
    }

    fn take_ipv6(&mut self, eni: &Eni, wanted: Option<Ipv6Addr>) -> Result<Ipv6Addr, Refusal> {
        let vswitch = self.own::<VSwitch>(&eni.vswitch)?;
        let Some(ipv6) = vswitch.ipv6 else {
            return Err(Refusal::Address(AddressRefusal::VSwitchWithoutIpv6(vswitch.id.clone())));
        };
        match wanted {
            Some(address) => self.wanted_ipv6(&vswitch, ipv6, address),
            None => self.next_ipv6(&vswitch, ipv6),
        }
    }

    fn wanted_ipv6(
        &self,
        vswitch: &VSwitch,
        ipv6: VSwitchIpv6,
        address: Ipv6Addr,
    ) -> Result<Ipv6Addr, Refusal> {
        if !ipv6.is_usable(address) {
            let (first, last) = (ipv6.first().into(), ipv6.last().into());
            let (address, vswitch) = (address.into(), vswitch.id.clone());
            return Err(Refusal::Address(AddressRefusal::OutsideVSwitch { address, vswitch, first, last }));
        }
        match self.state().holder(&Claim::Ipv6Address(address)) {
            None => Ok(address),
            Some(by) => Err(Refusal::Address(AddressRefusal::Taken {
                address: address.into(),
                by: self.state().known_as(by),
            })),
        }
    }

    fn next_ipv6(&mut self, vswitch: &VSwitch, ipv6: VSwitchIpv6) -> Result<Ipv6Addr, Refusal> {
        let is_free = |host: &u64| self.state().holder(&Claim::Ipv6Address(ipv6.at(*host))).is_none();
        let free = ipv6.behind_cursor().find(is_free);
        let cursor = free.ok_or_else(|| Refusal::Address(AddressRefusal::NoneFree(vswitch.id.clone())))?;
        self.edit_quietly(vswitch, |row| row.ipv6 = Some(VSwitchIpv6 { cursor, ..ipv6 }));
        Ok(ipv6.at(cursor))
    }
}
