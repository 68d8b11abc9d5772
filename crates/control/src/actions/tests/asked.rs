//! Commands of the model as the requests that ask for them, written down once more and independently of the handlers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use model::command::Command as C;
use model::command::assistant::{AssistantCommand, CreateCommand};
use model::command::balancer::{BalancerCommand, ShiftZones};
use model::command::endpoint::{EndpointZoneRef, NewEndpointZone, ZoneSwitch};
use model::command::eni::{CreateEni, EniCommand, MoreAddresses};
use model::command::instance::{MoreInterface, RunInstances, Switch};
use model::command::key_pair::KeyPairCommand;
use model::command::nlb::{CreateListener, NewZone, ServerRef};
use model::command::prefix_list::PrefixListCommand;
use model::command::resource_group::ResourceGroupCommand;
use model::command::route::{RouteCommand, RouteSelector};
use model::command::security::{Member, Membership, RuleSelector};
use model::command::tls::{TlsCommand, TlsPatch};
use model::command::vpc::{CidrOfVpc, SwitchIpv6, VpcCommand};
use model::endpoint::Policy;
use model::instance::Power;
use model::meta::{Description, Tags};
use model::nlb::Target;
use model::route::NextHop;
use model::security::{Direction, Peer, RuleSpec, SecurityGroup, ports_text};
use model::service::{ResourceKey, User};
use model::state::State;
use model::words::Words;
use serde_json::json;

use crate::rpc::Product::{self, Ecs, Nlb, Privatelink, ResourceManager, Vpc};

/// A request before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) product: Product,
    pub(super) action: &'static str,
    pub(super) params: Vec<(String, String)>,
}

impl Asked {
    fn new(product: Product, action: &'static str) -> Self {
        Self { product, action, params: Vec::new() }
    }

    pub(super) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.params.push((name.into(), value.to_string()));
        self
    }

    fn maybe(self, name: impl Into<String>, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn each(self, name: &str, values: impl IntoIterator<Item = impl ToString>) -> Self {
        let numbered = (1..).zip(values);
        numbered.fold(self, |asked, (index, value): (u32, _)| asked.with(format!("{name}.{index}"), value))
    }

    /// Each item of a list of objects, under the prefix that it has.
    fn items<T>(self, name: &str, items: &[T], add: impl Fn(Self, String, &T) -> Self) -> Self {
        let numbered = (1..).zip(items);
        numbered.fold(self, |asked, (index, item): (u32, _)| add(asked, format!("{name}.{index}."), item))
    }
}

/// The request for a command; none where the API has no words for it.
pub(super) fn request(state: &State, command: &C) -> Option<Asked> {
    Some(match command {
        C::Configure(_) | C::CreateAccount(_) | C::Access(_) | C::CreateAccessKey(_) | C::Purge(_) => {
            return None;
        }
        C::PrivateZone(_) | C::ModifySecurityGroup(_) => return None,
        C::ResourceGroup(command) => resource_group(command),
        C::UpdateServerGroup(_) => return None,
        C::Tag(it) => {
            let asked = Asked::new(Vpc, "TagResources").with("ResourceType", "VPC");
            let asked = asked.each("ResourceId", &it.resources);
            tags(asked, &it.tags)
        }
        C::Untag(it) => {
            let asked = Asked::new(Ecs, "UntagResources").with("ResourceType", "instance");
            asked.each("ResourceId", &it.resources).with("All", "true")
        }
        C::Vpc(command) => return vpc(command),
        C::Route(command) => route(command),
        C::RunInstances(it) => return run(it),
        C::SwitchInstances(switch, ids) => {
            let action = match switch {
                Switch::Start => "StartInstances",
                Switch::Stop => "StopInstances",
                Switch::Reboot => "RebootInstances",
            };
            Asked::new(Ecs, action).each("InstanceId", ids)
        }
        C::Assistant(command) => assistant(command),
        C::KeyPair(command) => return key_pair(command),
        C::PrefixList(command) => prefix_list(command),
        C::DeleteInstances(it) => {
            Asked::new(Ecs, "DeleteInstances").each("InstanceId", &it.instances).with("Force", it.force)
        }
        C::ModifyInstance(it) => {
            if it.instance_type.is_some() {
                return None;
            }
            let asked = Asked::new(Ecs, "ModifyInstanceAttribute").with("InstanceId", &it.instance);
            let asked = asked.maybe("DeletionProtection", it.deletion_protection);
            asked.each("SecurityGroupIds", it.security_groups.iter().flatten())
        }
        C::Eni(command) => return eni(command),
        C::CreateSecurityGroup(it) => {
            let asked = Asked::new(Ecs, "CreateSecurityGroup").with("VpcId", &it.vpc);
            asked.with("SecurityGroupType", it.kind)
        }
        C::SetInnerAccess(group, accept) => {
            let asked = Asked::new(Ecs, "ModifySecurityGroupPolicy").with("SecurityGroupId", group);
            asked.with("InnerAccessPolicy", if *accept { "accept" } else { "drop" })
        }
        C::DeleteSecurityGroup(id) => Asked::new(Ecs, "DeleteSecurityGroup").with("SecurityGroupId", id),
        C::AuthorizeRules(it) => {
            let direction = it.rules.first()?.spec.direction;
            let action = directed(direction, "AuthorizeSecurityGroup", "AuthorizeSecurityGroupEgress");
            let asked = Asked::new(Ecs, action).with("SecurityGroupId", &it.group);
            asked.items("Permissions", &it.rules, |asked, at, new| rule(asked, &at, &new.spec))
        }
        C::RevokeRules(it) => {
            let RuleSelector::Spec(spec) = it.rules.first()? else { return None };
            let action = directed(spec.direction, "RevokeSecurityGroup", "RevokeSecurityGroupEgress");
            rule(Asked::new(Ecs, action).with("SecurityGroupId", &it.group), "", spec)
        }
        C::ModifyRule(it) => {
            let (RuleSelector::Id(id), Some(spec)) = (&it.rule, &it.spec) else { return None };
            // A rule keeps its direction.
            let before = state.get::<SecurityGroup>(&it.group)?.rules.get(id)?.spec.direction;
            if before != spec.direction {
                return None;
            }
            let action = directed(before, "ModifySecurityGroupRule", "ModifySecurityGroupEgressRule");
            let asked = Asked::new(Ecs, action).with("SecurityGroupId", &it.group);
            rule(asked.with("SecurityGroupRuleId", id), "", spec)
        }
        C::JoinSecurityGroup(it) => membership("JoinSecurityGroup", it),
        C::LeaveSecurityGroup(it) => membership("LeaveSecurityGroup", it),
        _ => return nlb(command).or_else(|| privatelink(command)),
    })
}

fn tags(asked: Asked, tags: &Tags) -> Asked {
    let tags: Vec<_> = tags.iter().collect();
    asked.items("Tag", &tags, |asked, at, (key, value)| {
        asked.with(format!("{at}Key"), key).with(format!("{at}Value"), value)
    })
}

fn resource_group(command: &ResourceGroupCommand) -> Asked {
    let of = |action, id| Asked::new(ResourceManager, action).with("ResourceGroupId", id);
    match command {
        ResourceGroupCommand::Create(it) => {
            let asked = Asked::new(ResourceManager, "CreateResourceGroup").with("Name", it.name.as_str());
            tags(asked.with("DisplayName", it.display_name.as_str()), &it.tags)
        }
        ResourceGroupCommand::Rename(id, name) => {
            of("UpdateResourceGroup", id).with("NewDisplayName", name.as_str())
        }
        ResourceGroupCommand::Delete(id) => of("DeleteResourceGroup", id),
        ResourceGroupCommand::Move(key, id) => {
            let asked = Asked::new(Vpc, "MoveResourceGroup").with("ResourceType", "VPC");
            asked.with("ResourceId", key).with("NewResourceGroupId", id)
        }
    }
}

fn vpc(command: &VpcCommand) -> Option<Asked> {
    let ranges = |action, it: &CidrOfVpc| {
        Asked::new(Vpc, action).with("VpcId", &it.vpc).with("SecondaryCidrBlock", it.cidr.net())
    };
    Some(match command {
        VpcCommand::CreateVpc(it) if it.is_default => return None,
        VpcCommand::CreateDefaultVSwitch(it) => {
            let asked = Asked::new(Vpc, "CreateDefaultVSwitch").with("ZoneId", &it.zone);
            asked.maybe("Ipv6CidrBlock", it.ipv6)
        }
        VpcCommand::AssociateIpv6(id) => {
            Asked::new(Vpc, "AssociateVpcCidrBlock").with("VpcId", id).with("IpVersion", "IPV6")
        }
        VpcCommand::UnassociateIpv6(it) => {
            let asked = Asked::new(Vpc, "UnassociateVpcCidrBlock").with("VpcId", &it.vpc);
            asked.with("IPv6CidrBlock", it.range)
        }
        VpcCommand::AssociateCidr(it) => ranges("AssociateVpcCidrBlock", it),
        VpcCommand::UnassociateCidr(it) => ranges("UnassociateVpcCidrBlock", it),
        VpcCommand::CreateVpc(it) => {
            let asked = Asked::new(Vpc, "CreateVpc").with("CidrBlock", it.cidr.net());
            asked.with("EnableIpv6", it.ipv6)
        }
        VpcCommand::ModifyVpc(it) => {
            let asked = Asked::new(Vpc, "ModifyVpcAttribute").with("VpcId", &it.vpc);
            asked.maybe("VpcName", it.relabel.name.as_ref()).maybe("EnableIPv6", it.ipv6)
        }
        VpcCommand::DeleteVpc(id) => Asked::new(Vpc, "DeleteVpc").with("VpcId", id),
        VpcCommand::CreateVSwitch(it) => {
            let asked = Asked::new(Vpc, "CreateVSwitch").with("VpcId", &it.vpc).with("ZoneId", &it.zone);
            asked.with("CidrBlock", it.cidr.net()).maybe("Ipv6CidrBlock", it.ipv6)
        }
        VpcCommand::ModifyVSwitch(it) => {
            let asked = Asked::new(Vpc, "ModifyVSwitchAttribute").with("VSwitchId", &it.vswitch);
            let asked = asked.maybe("VSwitchName", it.relabel.name.as_ref());
            match it.ipv6 {
                None => asked,
                Some(SwitchIpv6::Off) => asked.with("EnableIPv6", false),
                Some(SwitchIpv6::On(number)) => asked.with("EnableIPv6", true).maybe("Ipv6CidrBlock", number),
            }
        }
        VpcCommand::DeleteVSwitch(id) => Asked::new(Vpc, "DeleteVSwitch").with("VSwitchId", id),
    })
}

fn route(command: &RouteCommand) -> Asked {
    match command {
        RouteCommand::CreateTable(it) => Asked::new(Vpc, "CreateRouteTable").with("VpcId", &it.vpc),
        RouteCommand::ModifyTable(it) => {
            let asked = Asked::new(Vpc, "ModifyRouteTableAttributes").with("RouteTableId", &it.table);
            asked.maybe("RouteTableName", it.relabel.name.as_ref())
        }
        RouteCommand::DeleteTable(id) => Asked::new(Vpc, "DeleteRouteTable").with("RouteTableId", id),
        RouteCommand::Associate(it) => {
            let asked = Asked::new(Vpc, "AssociateRouteTable").with("RouteTableId", &it.table);
            asked.with("VSwitchId", &it.vswitch)
        }
        RouteCommand::Unassociate(it) => {
            let asked = Asked::new(Vpc, "UnassociateRouteTable").with("RouteTableId", &it.table);
            asked.with("VSwitchId", &it.vswitch)
        }
        RouteCommand::CreateEntry(it) => {
            let asked = Asked::new(Vpc, "CreateRouteEntry").with("RouteTableId", &it.table);
            let asked = asked.with("DestinationCidrBlock", it.destination);
            let kind = match it.next_hop {
                NextHop::Instance(_) => "Instance",
                NextHop::Eni(_) => "NetworkInterface",
            };
            asked.with("NextHopId", it.next_hop.id()).with("NextHopType", kind)
        }
        RouteCommand::DeleteEntry(RouteSelector::Id(id)) => {
            Asked::new(Vpc, "DeleteRouteEntry").with("RouteEntryId", id)
        }
        RouteCommand::DeleteEntry(RouteSelector::Destination(table, destination, next_hop)) => {
            let asked = Asked::new(Vpc, "DeleteRouteEntry").with("RouteTableId", table);
            asked.with("DestinationCidrBlock", destination).maybe("NextHopId", next_hop.as_ref())
        }
    }
}

fn run(it: &RunInstances) -> Option<Asked> {
    let asked = match (it.power, it.amount) {
        (Power::Running, amount) => Asked::new(Ecs, "RunInstances").with("Amount", amount),
        (Power::Stopped, 1) => Asked::new(Ecs, "CreateInstance"),
        (Power::Stopped, _) => return None,
    };
    let asked = asked.with("VSwitchId", &it.vswitch).maybe("ZoneId", it.zone.as_ref());
    let asked = asked.with("ImageId", it.image.as_str()).with("InstanceType", it.instance_type.as_str());
    let asked = asked.each("SecurityGroupIds", &it.security_groups).maybe("PrivateIpAddress", it.address);
    let primary = "NetworkInterface.1.";
    let asked = more(asked.with(format!("{primary}InstanceType"), "Primary"), primary, &it.more);
    // Both places mean the same.
    let at = if it.amount == 1 { primary } else { "" };
    let asked = ipv6(asked, at, &it.ipv6);
    Some((2..).zip(&it.interfaces).fold(asked, |asked, (index, interface): (u32, _)| {
        let at = format!("NetworkInterface.{index}.");
        let asked = asked.with(format!("{at}InstanceType"), "Secondary");
        match interface {
            MoreInterface::New(new) => new_eni(asked, &at, new),
            MoreInterface::Existing(id) => asked.with(format!("{at}NetworkInterfaceId"), id),
        }
    }))
}

fn more(asked: Asked, at: &str, more: &MoreAddresses) -> Asked {
    match more {
        MoreAddresses::These(addresses) => asked.each(&format!("{at}PrivateIpAddress"), addresses),
        MoreAddresses::Any(0) => asked,
        MoreAddresses::Any(count) => asked.with(format!("{at}SecondaryPrivateIpAddressCount"), count),
    }
}

fn ipv6(asked: Asked, at: &str, more: &MoreAddresses<Ipv6Addr>) -> Asked {
    match more {
        MoreAddresses::These(addresses) => asked.each(&format!("{at}Ipv6Address"), addresses),
        MoreAddresses::Any(0) => asked,
        MoreAddresses::Any(count) => asked.with(format!("{at}Ipv6AddressCount"), count),
    }
}

fn new_eni(asked: Asked, at: &str, it: &CreateEni) -> Asked {
    let asked = asked.with(format!("{at}VSwitchId"), &it.vswitch);
    let asked = asked.maybe(format!("{at}PrimaryIpAddress"), it.address);
    let asked = ipv6(more(asked, at, &it.more), at, &it.ipv6)
        .each(&format!("{at}SecurityGroupIds"), &it.security_groups);
    let asked = asked.with(format!("{at}DeleteOnRelease"), it.delete_on_release);
    asked.with(format!("{at}SourceDestCheck"), it.source_dest_check)
}

fn eni(command: &EniCommand) -> Option<Asked> {
    let of = |action, eni| Asked::new(Ecs, action).with("NetworkInterfaceId", eni);
    Some(match command {
        EniCommand::Create(it) if it.security_groups.is_empty() => return None,
        EniCommand::Create(it) => new_eni(Asked::new(Ecs, "CreateNetworkInterface"), "", it),
        EniCommand::Delete(id) => of("DeleteNetworkInterface", id),
        EniCommand::Attach(it) => of("AttachNetworkInterface", &it.eni).with("InstanceId", &it.instance),
        EniCommand::Detach(it) => of("DetachNetworkInterface", &it.eni).with("InstanceId", &it.instance),
        EniCommand::Modify(it) => {
            let asked = of("ModifyNetworkInterfaceAttribute", &it.eni);
            let asked = asked.each("SecurityGroupId", it.security_groups.iter().flatten());
            let asked = asked.maybe("DeleteOnRelease", it.delete_on_release);
            asked.maybe("SourceDestCheck", it.source_dest_check)
        }
        EniCommand::Assign(it) => more(of("AssignPrivateIpAddresses", &it.eni), "", &it.addresses),
        EniCommand::Unassign(it) => {
            of("UnassignPrivateIpAddresses", &it.eni).each("PrivateIpAddress", &it.addresses)
        }
        EniCommand::AssignIpv6(it) => ipv6(of("AssignIpv6Addresses", &it.eni), "", &it.addresses),
        EniCommand::UnassignIpv6(it) => {
            of("UnassignIpv6Addresses", &it.eni).each("Ipv6Address", &it.addresses)
        }
        EniCommand::MoveInstance(it) => {
            let asked = Asked::new(Ecs, "ModifyInstanceVpcAttribute").with("InstanceId", &it.instance);
            let asked = asked.with("VSwitchId", &it.vswitch).maybe("VpcId", it.vpc.as_ref());
            asked.maybe("PrivateIpAddress", it.address).each("SecurityGroupId", &it.security_groups)
        }
    })
}

fn assistant(command: &AssistantCommand) -> Asked {
    let described = |action, it: &CreateCommand| {
        let asked = Asked::new(Ecs, action).with("Type", "RunShellScript").with("Name", &it.labels.name);
        let asked = asked.with("ContentEncoding", "PlainText");
        asked.with("CommandContent", it.script.content.as_str())
    };
    match command {
        AssistantCommand::Create(it) => described("CreateCommand", it),
        AssistantCommand::Delete(id) => Asked::new(Ecs, "DeleteCommand").with("CommandId", id),
        AssistantCommand::Run(it) => {
            let asked = described("RunCommand", &it.command).with("KeepCommand", it.keep);
            asked.each("InstanceId", &it.instances)
        }
        AssistantCommand::Invoke(it) => {
            let asked = Asked::new(Ecs, "InvokeCommand").with("CommandId", &it.command);
            asked.each("InstanceId", &it.instances)
        }
        AssistantCommand::Stop(it) => {
            let asked = Asked::new(Ecs, "StopInvocation").with("InvokeId", &it.invocation);
            asked.each("InstanceId", &it.instances)
        }
    }
}

fn prefix_list(command: &PrefixListCommand) -> Asked {
    let entries = |asked: Asked, name, entries: &BTreeMap<IpNet, Description>| {
        asked.items(name, &entries.keys().collect::<Vec<_>>(), |asked, at, range| {
            asked.with(format!("{at}Cidr"), range)
        })
    };
    match command {
        PrefixListCommand::Create(it) => {
            let asked = Asked::new(Ecs, "CreatePrefixList").with("PrefixListName", &it.labels.name);
            let asked = asked.with("AddressFamily", it.family).with("MaxEntries", it.max_entries);
            entries(asked, "Entry", &it.entries)
        }
        PrefixListCommand::Modify(it) => {
            let asked = Asked::new(Ecs, "ModifyPrefixList").with("PrefixListId", &it.list);
            let asked = entries(asked, "AddEntry", &it.add);
            asked.items("RemoveEntry", &it.remove.iter().collect::<Vec<_>>(), |asked, at, range| {
                asked.with(format!("{at}Cidr"), range)
            })
        }
        PrefixListCommand::Delete(id) => Asked::new(Ecs, "DeletePrefixList").with("PrefixListId", id),
    }
}

fn key_pair(command: &KeyPairCommand) -> Option<Asked> {
    let (action, it) = match command {
        // The key is made up.
        KeyPairCommand::Create(_) => return None,
        KeyPairCommand::Delete(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            return Some(Asked::new(Ecs, "DeleteKeyPairs").with("KeyPairNames", json!(names)));
        }
        KeyPairCommand::Attach(it) => ("AttachKeyPair", it),
        KeyPairCommand::Detach(it) => ("DetachKeyPair", it),
    };
    let asked = Asked::new(Ecs, action).with("KeyPairName", &it.key_pair);
    Some(asked.with("InstanceIds", json!(it.instances)))
}

fn directed(direction: Direction, ingress: &'static str, egress: &'static str) -> &'static str {
    match direction {
        Direction::Ingress => ingress,
        Direction::Egress => egress,
    }
}

fn rule(asked: Asked, at: &str, spec: &RuleSpec) -> Asked {
    let asked = asked.with(format!("{at}IpProtocol"), spec.protocol);
    let asked = asked.with(format!("{at}PortRange"), ports_text(spec.ports));
    let asked = asked.with(format!("{at}Policy"), spec.policy);
    let asked = asked.with(format!("{at}Priority"), spec.priority.get());
    let asked = asked.with(format!("{at}SourcePortRange"), ports_text(spec.source_ports));
    let side = directed(spec.direction, "Source", "Dest");
    let own = directed(spec.direction, "Dest", "Source");
    let asked = match spec.own {
        None => asked,
        Some(IpNet::V4(range)) => asked.with(format!("{at}{own}CidrIp"), range),
        Some(IpNet::V6(range)) => asked.with(format!("{at}Ipv6{own}CidrIp"), range),
    };
    match &spec.peer {
        Peer::Cidr(cidr) => asked.with(format!("{at}{side}CidrIp"), cidr),
        Peer::Ipv6Cidr(range) => asked.with(format!("{at}Ipv6{side}CidrIp"), range),
        Peer::Group(group) => asked.with(format!("{at}{side}GroupId"), group),
        Peer::PrefixList(list) => asked.with(format!("{at}{side}PrefixListId"), list),
    }
}

fn membership(action: &'static str, it: &Membership) -> Asked {
    let asked = Asked::new(Ecs, action).with("SecurityGroupId", &it.group);
    match &it.member {
        Member::Instance(id) => asked.with("InstanceId", id),
        Member::Eni(id) => asked.with("NetworkInterfaceId", id),
    }
}

fn nlb(command: &C) -> Option<Asked> {
    let balancer = |action, id| Asked::new(Nlb, action).with("LoadBalancerId", id);
    let group = |action, id| Asked::new(Nlb, action).with("ServerGroupId", id);
    let listener = |action, id| Asked::new(Nlb, action).with("ListenerId", id);
    Some(match command {
        C::CreateLoadBalancer(it) => {
            let asked = Asked::new(Nlb, "CreateLoadBalancer").with("VpcId", &it.vpc);
            let asked = asked.with("AddressType", &it.address_type.text);
            let asked = asked.with("AddressIpVersion", &it.ip_version.text);
            asked.items("ZoneMappings", &it.zones, mapping)
        }
        C::UpdateLoadBalancer(it) => {
            let asked = balancer("UpdateLoadBalancerAttribute", &it.load_balancer);
            asked.maybe("CrossZoneEnabled", it.cross_zone)
        }
        C::UpdateLoadBalancerZones(it) if it.zones.is_empty() => return None,
        C::UpdateLoadBalancerZones(it) => {
            let asked = balancer("UpdateLoadBalancerZones", &it.load_balancer);
            asked.items("ZoneMappings", &it.zones, mapping)
        }
        C::UpdateLoadBalancerProtection(it) => {
            let asked = balancer("UpdateLoadBalancerProtection", &it.load_balancer);
            asked.maybe("DeletionProtectionEnabled", it.deletion.as_ref().map(|set| set.enabled))
        }
        C::DeleteLoadBalancer(id) => balancer("DeleteLoadBalancer", id),
        C::CreateServerGroup(it) => {
            let asked = Asked::new(Nlb, "CreateServerGroup").with("VpcId", &it.vpc);
            let asked = asked.with("ServerGroupName", &it.labels.name).with("ServerGroupType", it.kind);
            let asked = asked.with("Protocol", &it.protocol.text).with("AnyPortEnabled", it.any_port);
            let asked = asked.with("PreserveClientIpEnabled", it.preserve_client_ip);
            let asked = asked.with("AddressIPVersion", &it.ip_version.text);
            asked.maybe("HealthCheckConfig.HealthCheckConnectPort", it.health_check.port)
        }
        C::DeleteServerGroup(id) => group("DeleteServerGroup", id),
        C::AddServers(it) => {
            let asked = group("AddServersToServerGroup", &it.server_group);
            asked.items("Servers", &it.servers, |asked, at, new| {
                server(asked, &at, &new.target, new.port).with(format!("{at}Weight"), new.weight)
            })
        }
        C::RemoveServers(it) => {
            let asked = group("RemoveServersFromServerGroup", &it.server_group);
            asked.items("Servers", &it.servers, |asked, at, old: &ServerRef| {
                server(asked, &at, &old.target, old.port)
            })
        }
        C::UpdateServers(it) => {
            let asked = group("UpdateServerGroupServersAttribute", &it.server_group);
            asked.items("Servers", &it.servers, |asked, at, patch| {
                let asked = server(asked, &at, &patch.server.target, patch.server.port);
                asked.maybe(format!("{at}Weight"), patch.weight)
            })
        }
        C::CreateListener(it) => tls_patch(new_listener(it), &it.tls),
        C::UpdateListener(it) => {
            let asked = listener("UpdateListenerAttribute", &it.listener);
            tls_patch(asked.maybe("ServerGroupId", it.server_group.as_ref()), &it.tls)
        }
        C::StartListener(id) => listener("StartListener", id),
        C::StopListener(id) => listener("StopListener", id),
        C::DeleteListener(id) => listener("DeleteListener", id),
        C::Balancer(command) => return surroundings(command),
        C::Tls(command) => return tls(command),
        _ => return None,
    })
}

fn mapping(asked: Asked, at: String, zone: &NewZone) -> Asked {
    let asked = asked.with(format!("{at}ZoneId"), &zone.zone).with(format!("{at}VSwitchId"), &zone.vswitch);
    let asked = asked.maybe(format!("{at}PrivateIPv4Address"), zone.address);
    let asked = asked.maybe(format!("{at}Ipv6Address"), zone.ipv6);
    let asked = asked.each(&format!("{at}Ipv4LocalAddresses"), &zone.local.ipv4);
    asked.each(&format!("{at}Ipv6LocalAddresses"), &zone.local.ipv6)
}

fn server(asked: Asked, at: &str, target: &Target, port: u16) -> Asked {
    let (kind, id) = match target {
        Target::Ecs(id) | Target::EcsIpv6(id, _) => ("Ecs", id.to_string()),
        Target::Eni(id) | Target::EniIpv6(id, _) | Target::Behind(id, _) => ("Eni", id.to_string()),
        Target::Ip(address) => ("Ip", address.to_string()),
    };
    let behind = if let Target::Behind(_, address) = target { Some((*address).into()) } else { None };
    let asked = asked.maybe(format!("{at}ServerIp"), target.ipv6().map(IpAddr::from).or(behind));
    let asked = asked.with(format!("{at}ServerType"), kind).with(format!("{at}ServerId"), id);
    asked.with(format!("{at}Port"), port)
}

fn new_listener(it: &CreateListener) -> Asked {
    let asked = Asked::new(Nlb, "CreateListener").with("LoadBalancerId", &it.load_balancer);
    let asked = asked.with("ListenerProtocol", &it.protocol.text);
    let asked = if it.ports.is_one() {
        asked.with("ListenerPort", it.ports.low)
    } else {
        asked.with("ListenerPort", 0).with("StartPort", it.ports.low).with("EndPort", it.ports.high)
    };
    asked.with("ServerGroupId", &it.server_group)
}

fn tls_patch(asked: Asked, it: &TlsPatch) -> Asked {
    let asked = asked.each("CertificateIds", it.certificates.iter().flatten());
    let asked = asked.each("CaCertificateIds", it.client_authorities.iter().flatten());
    let asked = asked.maybe("CaEnabled", it.client_authority_enabled);
    asked.maybe("SecurityPolicyId", it.policy.as_ref())
}

fn surroundings(command: &BalancerCommand) -> Option<Asked> {
    let shift = |action, it: &ShiftZones| {
        let asked = Asked::new(Nlb, action).with("LoadBalancerId", &it.load_balancer);
        let asked = asked.items("ZoneMappings", &it.zones, |asked, at, (zone, vswitch)| {
            asked.with(format!("{at}ZoneId"), zone).with(format!("{at}VSwitchId"), vswitch)
        });
        (!it.zones.is_empty()).then_some(asked)
    };
    let (action, it) = match command {
        BalancerCommand::Join(it) => ("LoadBalancerJoinSecurityGroup", it),
        BalancerCommand::Leave(it) => ("LoadBalancerLeaveSecurityGroup", it),
        BalancerCommand::Shift(it) => return shift("StartShiftLoadBalancerZones", it),
        BalancerCommand::CancelShift(it) => return shift("CancelShiftLoadBalancerZones", it),
        BalancerCommand::SetMonitor { log_project, metric_store } => {
            let asked = Asked::new(Nlb, "SetHdMonitorRegionConfig").with("LogProject", log_project);
            return Some(asked.with("MetricStore", metric_store));
        }
        BalancerCommand::DeleteMonitor => return Some(Asked::new(Nlb, "DeleteHdMonitorRegionConfig")),
    };
    let asked = Asked::new(Nlb, action).with("LoadBalancerId", &it.load_balancer);
    (!it.groups.is_empty()).then(|| asked.each("SecurityGroupIds", &it.groups))
}

fn tls(command: &TlsCommand) -> Option<Asked> {
    let policy = |action| Asked::new(Nlb, action);
    let more = |action, it: &model::command::tls::AdditionalCertificates| {
        let asked = Asked::new(Nlb, action).with("ListenerId", &it.listener);
        asked.each("AdditionalCertificateIds", &it.certificates)
    };
    Some(match command {
        TlsCommand::AssociateCertificates(it) => more("AssociateAdditionalCertificatesWithListener", it),
        TlsCommand::DissociateCertificates(it) => more("DisassociateAdditionalCertificatesWithListener", it),
        // The content of these certificates is made up.
        TlsCommand::ImportCertificate(_) => return None,
        TlsCommand::DeleteCertificate(id) => {
            Asked::new(Product::Cas, "DeleteUserCertificate").with("CertId", id.number())
        }
        TlsCommand::CreateSecurityPolicy(it) => {
            let asked = policy("CreateSecurityPolicy").each("TlsVersions", words(&it.versions));
            asked.each("Ciphers", words(&it.ciphers))
        }
        TlsCommand::UpdateSecurityPolicy(it) => {
            let asked = policy("UpdateSecurityPolicyAttribute").with("SecurityPolicyId", &it.policy);
            asked.each("Ciphers", words(it.ciphers.as_deref().unwrap_or_default()))
        }
        TlsCommand::DeleteSecurityPolicy(id) => policy("DeleteSecurityPolicy").with("SecurityPolicyId", id),
    })
}

fn words<T: Words>(values: &[T]) -> impl Iterator<Item = &'static str> + '_ {
    values.iter().map(|value| value.word())
}

fn privatelink(command: &C) -> Option<Asked> {
    let service = |action, id| Asked::new(Privatelink, action).with("ServiceId", id);
    let endpoint = |action, id| Asked::new(Privatelink, action).with("EndpointId", id);
    let at =
        |asked: Asked, at: &EndpointZoneRef| asked.with("EndpointId", &at.endpoint).with("ZoneId", &at.zone);
    Some(match command {
        C::CreateService(it) => {
            let asked = Asked::new(Privatelink, "CreateVpcEndpointService");
            let asked = asked.with("AutoAcceptEnabled", it.auto_accept).with("Payer", it.payer);
            let asked = asked.with("ZoneAffinityEnabled", it.zone_affinity);
            let asked = asked.with("AddressIpVersion", it.ip_version);
            asked.items("Resource", &it.resources, |asked, at, key| resource(asked, &at, key))
        }
        C::UpdateService(it) => {
            let asked = service("UpdateVpcEndpointServiceAttribute", &it.service);
            asked.maybe("AutoAcceptEnabled", it.auto_accept).maybe("AddressIpVersion", it.ip_version)
        }
        C::DeleteService(id) => service("DeleteVpcEndpointService", id),
        C::AttachResource(it) => {
            resource(service("AttachResourceToVpcEndpointService", &it.service), "", &it.resource)
        }
        C::DetachResource(it) => {
            resource(service("DetachResourceFromVpcEndpointService", &it.service), "", &it.resource)
        }
        C::SetAutoAllocated(it) => {
            let asked = service("UpdateVpcEndpointServiceResourceAttribute", &it.service);
            let asked = asked.with("ResourceId", &it.load_balancer).maybe("ZoneId", it.zone.as_ref());
            asked.with("AutoAllocatedEnabled", it.auto_allocated)
        }
        C::AddUser(id, it) => user(service("AddUserToVpcEndpointService", id), it),
        C::RemoveUser(id, it) => user(service("RemoveUserFromVpcEndpointService", id), it),
        C::CreateEndpoint(it) => {
            let asked = service("CreateVpcEndpoint", &it.service).with("VpcId", &it.vpc);
            let asked = asked.each("SecurityGroupId", &it.security_groups);
            let asked = asked.with("ProtectedEnabled", it.protected).with("AddressIpVersion", it.ip_version);
            let asked = asked.with("EndpointType", it.kind).with("PolicyDocument", it.policy.document());
            asked.items("Zone", &it.zones, |asked, at, zone| new_zone(asked, &at, zone))
        }
        C::UpdateEndpoint(it) => {
            let asked = endpoint("UpdateVpcEndpointAttribute", &it.endpoint);
            let asked = asked.maybe("EndpointName", it.relabel.name.as_ref());
            let asked = asked.maybe("AddressIpVersion", it.ip_version);
            match &it.policy {
                None => asked,
                Some(Policy::Default) => asked.with("ResetPolicy", true),
                Some(Policy::Document(text)) => asked.with("PolicyDocument", text),
            }
        }
        C::DeleteEndpoint(id) => endpoint("DeleteVpcEndpoint", id),
        C::AddEndpointZone(it) => new_zone(endpoint("AddZoneToVpcEndpoint", &it.endpoint), "", &it.zone),
        C::RemoveEndpointZone(it) => at(Asked::new(Privatelink, "RemoveZoneFromVpcEndpoint"), it),
        C::AttachEndpointGroup(it) => {
            let asked = endpoint("AttachSecurityGroupToVpcEndpoint", &it.endpoint);
            asked.with("SecurityGroupId", &it.group)
        }
        C::DetachEndpointGroup(it) => {
            let asked = endpoint("DetachSecurityGroupFromVpcEndpoint", &it.endpoint);
            asked.with("SecurityGroupId", &it.group)
        }
        C::EnableConnection(it) => {
            let asked = service("EnableVpcEndpointConnection", &it.service);
            asked.with("EndpointId", &it.endpoint).maybe("Bandwidth", it.bandwidth)
        }
        C::DisableConnection(id, endpoint) => {
            service("DisableVpcEndpointConnection", id).with("EndpointId", endpoint)
        }
        C::UpdateConnection(it) => {
            let asked = service("UpdateVpcEndpointConnectionAttribute", &it.service);
            asked.with("EndpointId", &it.endpoint).maybe("Bandwidth", it.bandwidth)
        }
        C::SwitchZone(ZoneSwitch::On, id, it) => at(service("EnableVpcEndpointZoneConnection", id), it),
        C::SwitchZone(ZoneSwitch::Off, id, it) => at(service("DisableVpcEndpointZoneConnection", id), it),
        C::SetZoneResource(it) => {
            let action = "UpdateVpcEndpointZoneConnectionResourceAttribute";
            let asked = at(service(action, &it.service), &it.at);
            let mode = if it.load_balancer.is_some() { "Manual" } else { "Auto" };
            let asked = asked.with("ResourceReplaceMode", it.replacement);
            asked.with("ResourceAllocateMode", mode).maybe("ResourceId", it.load_balancer.as_ref())
        }
        C::SwitchZone(ZoneSwitch::LetGo, id, it) => {
            at(service("DisableVpcEndpointZoneConnection", id), it).with("ReplacedResource", true)
        }
        _ => return None,
    })
}

fn resource(asked: Asked, at: &str, key: &ResourceKey) -> Asked {
    let asked = asked.with(format!("{at}ResourceType"), "nlb").with(format!("{at}ZoneId"), &key.zone);
    asked.with(format!("{at}ResourceId"), &key.load_balancer)
}

fn user(asked: Asked, user: &User) -> Asked {
    match user {
        User::Account(id) => asked.with("UserId", id),
        User::Everybody => asked.with("UserARN", "acs:ram:*:*:*"),
    }
}

fn new_zone(asked: Asked, at: &str, zone: &NewEndpointZone) -> Asked {
    let asked = asked.with(format!("{at}ZoneId"), &zone.zone).with(format!("{at}VSwitchId"), &zone.vswitch);
    asked.maybe(format!("{at}ip"), zone.address).maybe(format!("{at}Ipv6Address"), zone.ipv6)
}
