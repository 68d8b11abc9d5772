//! Who stands behind the source address and port of a connection that an instance has got: the flow in the kernel knows, and
//! of a connection that was opened by a proxy, that proxy.

mod look;

use std::net::SocketAddr;

use model::id::{AccountId, EndpointId, EndpointServiceId, EniId, InstanceId, ListenerId, PortIndex, VpcId};
use model::plan::HostPlan;
use serde::Serialize;

use crate::config::AgentConfig;
use crate::flows::FlowProtocol;
use crate::kernel::table::TableError;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The source of the connection, as the instance sees it.
    pub from: SocketAddr,
    /// Who has got it.
    pub receiver: Receiver,
}

/// Who has got a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// Anybody on this host.
    Any,
    /// An instance with an interface in this VPC.
    Vpc(VpcId),
    /// This instance.
    Instance(InstanceId),
}

/// A connection, and who stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// What the connection speaks.
    pub protocol: FlowProtocol,
    /// Its source, as the instance sees it.
    pub from: SocketAddr,
    /// The instance's own end.
    pub to: SocketAddr,
    /// The instance that has got it.
    pub receiver: InstanceId,
    /// The client by its own address and port; `None` = the host itself, which probes whether its servers are healthy, or
    /// whoever a provider does it for through a Reverse endpoint.
    pub client: Option<SocketAddr>,
    /// Whose VPC the client is in.
    pub account: Option<AccountId>,
    /// The client's VPC.
    pub vpc: Option<VpcId>,
    /// The client's interface: for its own account.
    pub eni: Option<EniId>,
    /// The client's instance: for its own account.
    pub instance: Option<InstanceId>,
    /// What the client has connected to: for its own account.
    pub asked: Option<SocketAddr>,
    /// The endpoint that the connection came through.
    pub endpoint: Option<EndpointId>,
    /// The service of that endpoint.
    pub service: Option<EndpointServiceId>,
    /// The listener that took it.
    pub listener: Option<ListenerId>,
    /// The Reverse endpoint in whose name a load balancer of another VPC has opened it.
    pub reverse: Option<EndpointId>,
}

impl Caller {
    /// Of what a provider does through a Reverse endpoint the endpoint alone is known: for whom it does it is its own business.
    fn abroad(self) -> Self {
        let (endpoint, service, listener) = (None, None, None);
        let (client, account, vpc, eni, instance, asked) = (None, None, None, None, None, None);
        Self { client, account, vpc, eni, instance, asked, endpoint, service, listener, ..self }
    }

    /// What an account may know of it that has got the connection: of another account's client what the PROXY protocol tells
    /// (address, VPC, endpoint, service) and whose it is, which the service's list of connections tells too. Nothing of how
    /// its network looks.
    fn seen_by(self, account: AccountId) -> Self {
        match (self.account == Some(account), &self.reverse) {
            (true, None) => return self,
            // The load balancer between may be another account's.
            (true, Some(_)) => return Self { listener: None, ..self },
            (false, Some(_)) => return self.abroad(),
            (false, None) => {}
        }
        Self { eni: None, instance: None, asked: None, ..self }
    }
}

/// Nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum WhoisError {
    /// The flows could not be read.
    #[error("the connections cannot be read: is the data plane there (`isthmus status`), and are you root?")]
    Flows(#[from] TableError),
}

/// Every connection of this host that comes from there, with all that is known; none is an answer too. A connection is known
/// until four seconds after its end. Reads all flows.
///
/// # Errors
/// When there is no data plane, or the caller is not root.
pub fn whois(config: &AgentConfig, plan: &HostPlan, question: &Question) -> Result<Vec<Caller>, WhoisError> {
    let look = look::Look::new(config, plan)?;
    Ok(look.all(question)?.iter().filter_map(|got| look.caller(got)).collect())
}

/// What an instance is told that asks by the interface `asking` about a connection to its own port `to`. Costs the same however
/// many connections there are.
///
/// # Errors
/// When there is no data plane.
pub(crate) fn told(
    config: &AgentConfig,
    plan: &HostPlan,
    asking: PortIndex,
    from: SocketAddr,
    to: u16,
) -> Result<Vec<Caller>, WhoisError> {
    let Some(port) = plan.ports.get(&asking) else { return Ok(Vec::new()) };
    let Some(account) = plan.vpcs.get(&port.network).map(|vpc| vpc.owner) else { return Ok(Vec::new()) };
    let look = look::Look::new(config, plan)?;
    let got = look.own(&port.instance, from, to)?;
    Ok(got.iter().filter_map(|got| look.caller(got)).map(|caller| caller.seen_by(account)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller {
            protocol: FlowProtocol::Tcp,
            from: "10.0.0.200:6000".parse().unwrap(),
            to: "10.0.0.30:8080".parse().unwrap(),
            receiver: "i-server".parse().unwrap(),
            client: Some("10.0.0.10:5000".parse().unwrap()),
            account: Some(AccountId(1)),
            vpc: Some("vpc-consumer".parse().unwrap()),
            eni: Some("eni-client".parse().unwrap()),
            instance: Some("i-client".parse().unwrap()),
            asked: Some("10.0.0.100:80".parse().unwrap()),
            endpoint: Some("ep-1".parse().unwrap()),
            service: Some("epsrv-1".parse().unwrap()),
            listener: Some("lsn-1@80".parse().unwrap()),
            reverse: None,
        }
    }

    #[test]
    fn through_a_reverse_endpoint_nothing_else_is_known() {
        let caller = Caller { reverse: Some("ep-2".parse().unwrap()), ..caller() };
        let told = serde_json::to_string(&caller.clone().seen_by(AccountId(2))).unwrap();
        for known in ["10.0.0.200:6000", "10.0.0.30:8080", "i-server", "ep-2"] {
            assert!(told.contains(known), "{known}: {told}");
        }
        for hidden in
            ["10.0.0.10", "vpc-consumer", "eni-client", "i-client", "10.0.0.100", "ep-1", "epsrv-1", "lsn-1"]
        {
            assert!(!told.contains(hidden), "{hidden}: {told}");
        }
        assert_eq!(caller.clone().seen_by(AccountId(1)), Caller { listener: None, ..caller });
    }

    #[test]
    fn another_account_is_told_what_the_proxy_protocol_tells_and_nothing_of_the_clients_network() {
        let told = serde_json::to_string(&caller().seen_by(AccountId(2))).unwrap();
        for known in ["10.0.0.10:5000", "vpc-consumer", "ep-1", "epsrv-1", "lsn-1@80", r#""account":1"#] {
            assert!(told.contains(known), "{known}: {told}");
        }
        for hidden in ["eni-client", "i-client", "10.0.0.100"] {
            assert!(!told.contains(hidden), "{hidden}: {told}");
        }
    }

    #[test]
    fn an_account_is_told_all_about_its_own_clients() {
        assert_eq!(caller().seen_by(AccountId(1)), caller());
    }
}
