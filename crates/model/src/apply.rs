//! What a command does to the state. Pure: the same state, command and environment give the same change.

mod assistant;
mod balancer;
mod connection;
mod endpoint;
mod eni;
mod instance;
mod ipv6;
mod key_pair;
mod listener;
mod load_balancer;
mod local;
mod prefix_list;
mod private_zone;
mod range;
mod resource_group;
mod route;
mod security;
mod server_group;
mod service;
mod system;
mod tls;
mod vpc;

use crate::command::{Command as C, Env, Output};
use crate::draft::Draft;
use crate::refusal::Refusal;
use crate::security::SecurityGroup;
use crate::state::State;
use crate::tables::Change;

impl State {
    /// What the command would change. The state itself stays as it is.
    ///
    /// # Errors
    /// Why the command cannot be.
    pub fn apply(&self, command: &C, env: &Env) -> Result<(Change, Output), Refusal> {
        let mut draft = Draft::new(self, env);
        let output = draft.run(command)?;
        Ok((draft.finish(), output))
    }
}

/// Nothing to say but that it is done.
fn done(result: Result<(), Refusal>) -> Result<Output, Refusal> {
    result.map(|()| Output::Done)
}

impl Draft {
    fn run(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Configure(it) => done(self.configure(it)),
            C::CreateAccount(it) => self.create_account(it),
            C::Access(it) => done(self.change_access(it)),
            C::CreateAccessKey(it) => done(self.create_access_key(it)),
            C::Purge(observed) => done(self.purge(*observed)),
            C::Tag(it) => done(self.tag(it)),
            C::Untag(it) => done(self.untag(it)),
            C::ResourceGroup(it) => self.run_resource_group(it),
            C::Vpc(it) => self.run_vpc(it),
            C::Route(it) => self.run_route(it),
            C::RunInstances(it) => self.run_instances(it),
            C::SwitchInstances(how, ids) => self.switch_instances(*how, ids),
            C::DeleteInstances(it) => done(self.delete_instances(it)),
            C::ModifyInstance(it) => done(self.modify_instance(it)),
            C::Assistant(it) => self.run_assistant(it),
            C::KeyPair(it) => self.run_key_pair(it),
            C::PrefixList(it) => self.run_prefix_list(it),
            C::Eni(it) => self.run_eni(it),
            C::CreateSecurityGroup(it) => self.create_security_group(it),
            C::ModifySecurityGroup(it) => done(self.relabel::<SecurityGroup>(&it.group, &it.relabel)),
            C::SetInnerAccess(id, accept) => done(self.set_inner_access(id, *accept)),
            C::DeleteSecurityGroup(id) => done(self.delete_security_group(id)),
            C::AuthorizeRules(it) => done(self.authorize_rules(it)),
            C::RevokeRules(it) => done(self.revoke_rules(it)),
            C::ModifyRule(it) => done(self.modify_rule(it)),
            C::JoinSecurityGroup(it) => done(self.join_security_group(it)),
            C::LeaveSecurityGroup(it) => done(self.leave_security_group(it)),
            C::CreateLoadBalancer(it) => self.create_load_balancer(it),
            C::UpdateLoadBalancer(it) => self.update_load_balancer(it),
            C::UpdateLoadBalancerZones(it) => self.update_zones(it),
            C::UpdateLoadBalancerProtection(it) => done(self.update_protection(it)),
            C::DeleteLoadBalancer(id) => self.delete_load_balancer(id),
            C::CreateServerGroup(it) => self.create_server_group(it),
            C::UpdateServerGroup(it) => self.update_server_group(it),
            C::DeleteServerGroup(id) => self.delete_server_group(id),
            C::AddServers(it) => self.add_servers(it),
            C::RemoveServers(it) => self.remove_servers(it),
            C::UpdateServers(it) => self.update_servers(it),
            C::CreateListener(it) => self.create_listener(it),
            C::UpdateListener(it) => self.update_listener(it),
            C::StartListener(id) => self.switch_listener(id, true),
            C::StopListener(id) => self.switch_listener(id, false),
            C::DeleteListener(id) => self.delete_listener(id),
            C::Balancer(it) => self.run_balancer(it),
            C::Tls(it) => self.run_tls(it),
            C::PrivateZone(it) => self.run_private_zone(it),
            C::CreateService(it) => self.create_service(it),
            C::UpdateService(it) => done(self.update_service(it)),
            C::DeleteService(id) => done(self.delete_service(id)),
            C::AttachResource(it) => done(self.attach_resource(it)),
            C::DetachResource(it) => done(self.detach_resource(it)),
            C::SetAutoAllocated(it) => done(self.set_auto_allocated(it)),
            C::AddUser(id, user) => done(self.add_user(id, *user)),
            C::RemoveUser(id, user) => done(self.remove_user(id, *user)),
            C::CreateEndpoint(it) => self.create_endpoint(it),
            C::UpdateEndpoint(it) => done(self.update_endpoint(it)),
            C::DeleteEndpoint(id) => done(self.delete_endpoint(id)),
            C::AddEndpointZone(it) => done(self.add_endpoint_zone(it)),
            C::RemoveEndpointZone(it) => done(self.remove_endpoint_zone(it)),
            C::AttachEndpointGroup(it) => done(self.attach_endpoint_group(it)),
            C::DetachEndpointGroup(it) => done(self.detach_endpoint_group(it)),
            C::EnableConnection(it) => done(self.enable_connection(it)),
            C::DisableConnection(service, endpoint) => done(self.disable_connection(service, endpoint)),
            C::UpdateConnection(it) => done(self.update_connection(it)),
            C::SwitchZone(how, service, at) => done(self.switch_zone(*how, service, at)),
            C::SetZoneResource(it) => done(self.set_zone_resource(it)),
        }
    }
}
