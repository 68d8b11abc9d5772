//! What one instance is told: texts at paths.

use std::collections::{BTreeMap, BTreeSet};

use model::id::PortIndex;
use model::net::services;
use model::plan::{HostPlan, InstancePlan, PortPlan};

/// Everything that one instance is told.
pub(super) struct Document(BTreeMap<String, Vec<u8>>);

impl Document {
    /// What the instance behind a port is told; `None` when there is none.
    pub(super) fn of(plan: &HostPlan, asking: PortIndex) -> Option<Self> {
        let id = &plan.ports.get(&asking)?.instance;
        let instance = plan.instances.get(id)?;
        let primary = plan.ports.get(&instance.port)?;
        let mut document = Self(BTreeMap::new());
        document.put("instance-id", id);
        document.put("serial-number", id);
        document.instance(instance);
        document.put("zone-id", &primary.zone);
        document.put("mac", primary.mac);
        document.put("private-ipv4", primary.address);
        document.network(plan, "", primary)?;
        for port in plan.ports.values().filter(|port| port.instance == *id) {
            document.interface(plan, port)?;
        }
        Some(document)
    }

    fn put(&mut self, path: &str, text: impl ToString) {
        self.0.insert(format!("meta-data/{path}"), text.to_string().into_bytes());
    }

    fn instance(&mut self, instance: &InstancePlan) {
        self.put("hostname", &instance.host_name);
        self.put("image-id", &instance.image);
        self.put("instance/instance-type", &instance.about.instance_type);
        self.put("owner-account-id", instance.about.owner);
        self.put("region-id", &instance.about.region);
        self.put("network-type", "vpc");
        self.put("dns-conf/nameservers", services::RESOLVERS.map(|address| address.to_string()).join("\n"));
        if let Some(key) = &instance.authorized_key {
            self.put("public-keys/0/openssh-key", key);
        }
        if let Some(data) = &instance.user_data {
            self.0.insert("user-data".to_owned(), data.clone());
        }
    }

    /// Where an interface lies.
    fn network(&mut self, plan: &HostPlan, under: &str, port: &PortPlan) -> Option<()> {
        let vpc = plan.vpcs.get(&port.network)?;
        self.put(&format!("{under}vpc-id"), &vpc.id);
        self.put(&format!("{under}vpc-cidr-block"), vpc.range);
        self.put(&format!("{under}vswitch-id"), &port.vswitch);
        self.put(&format!("{under}vswitch-cidr-block"), port.subnet);
        Some(())
    }

    fn interface(&mut self, plan: &HostPlan, port: &PortPlan) -> Option<()> {
        let under = format!("network/interfaces/macs/{}/", port.mac);
        let addresses: Vec<String> = std::iter::once(&port.address)
            .chain(&port.secondary)
            .map(|address| format!("\"{address}\""))
            .collect();
        self.put(&format!("{under}network-interface-id"), &port.eni);
        self.put(&format!("{under}primary-ip-address"), port.address);
        self.put(&format!("{under}private-ipv4s"), format!("[{}]", addresses.join(",")));
        self.put(&format!("{under}netmask"), port.subnet.netmask());
        self.put(&format!("{under}gateway"), port.gateway);
        self.network(plan, &under, port)
    }

    /// The text at a path, or the names of what lies below it, a line each; those that have others below them end in `/`.
    pub(super) fn at(&self, path: &str) -> Option<Vec<u8>> {
        let path = path.trim_end_matches('/');
        if let Some(text) = self.0.get(path) {
            return Some(text.clone());
        }
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        let names: BTreeSet<&str> =
            self.0.keys().filter_map(|key| key.strip_prefix(&below)?.split_inclusive('/').next()).collect();
        (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join("\n").into_bytes())
    }
}
