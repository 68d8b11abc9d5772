//! Servers of a server group.

use std::net::{IpAddr, Ipv4Addr};

use model::command::Command;
use model::command::nlb::{AddServers, NewServer, RemoveServers, ServerPatch, ServerRef, UpdateServers};
use model::id::ZoneId;
use model::instance::{Eni, Instance};
use model::nlb::{Server, ServerGroup, Target};
use model::state::State;
use model::vpc::VSwitch;
use model::words::Words;
use serde_json::{Value, json};

use super::{PAGE, job};
use crate::actions::call::{description, required_id};
use crate::actions::list::{self, among};
use crate::actions::{Action, Call, View, Write, works};
use crate::rpc::{ApiError, Params, Product};

/// Most servers in one call.
const MAX_SERVERS: usize = 200;

pub(super) const ACTIONS: &[Action] = &[
    Action::write(Product::Nlb, "AddServersToServerGroup", &[works("ServerGroupId"), works("Servers")], add),
    Action::write(
        Product::Nlb,
        "RemoveServersFromServerGroup",
        &[works("ServerGroupId"), works("Servers")],
        remove,
    ),
    Action::write(
        Product::Nlb,
        "UpdateServerGroupServersAttribute",
        &[works("ServerGroupId"), works("Servers")],
        update,
    ),
    Action::read(
        Product::Nlb,
        "ListServerGroupServers",
        &[
            works("ServerGroupId"),
            works("ServerIds"),
            works("ServerIps"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

#[derive(Clone, Copy)]
enum ServerType {
    Ecs,
    Eni,
    Eci,
    Ip,
}

const TYPES: &[(&str, ServerType)] =
    &[("Ecs", ServerType::Ecs), ("Eni", ServerType::Eni), ("Eci", ServerType::Eci), ("Ip", ServerType::Ip)];

fn servers<T>(params: &Params, parse: fn(&Params) -> Result<T, ApiError>) -> Result<Vec<T>, ApiError> {
    let servers = params.list("Servers")?;
    match servers.len() {
        0 => Err(params.missing("Servers")),
        1..=MAX_SERVERS => servers.iter().map(parse).collect(),
        _ => Err(params.illegal("Servers", format_args!("give at most {MAX_SERVERS} in one request."))),
    }
}

fn target(server: &Params) -> Result<Target, ApiError> {
    let kind = server.choice("ServerType", TYPES)?.ok_or_else(|| server.missing("ServerType"))?;
    Ok(match (kind, server.parse("ServerIp")?) {
        (ServerType::Ecs, None | Some(IpAddr::V4(_))) => Target::Ecs(required_id(server, "ServerId")?),
        (ServerType::Ecs, Some(IpAddr::V6(address))) => {
            Target::EcsIpv6(required_id(server, "ServerId")?, address)
        }
        (ServerType::Eni, None) => Target::Eni(required_id(server, "ServerId")?),
        (ServerType::Eni, Some(IpAddr::V4(address))) => {
            Target::Behind(required_id(server, "ServerId")?, address)
        }
        (ServerType::Eni, Some(IpAddr::V6(address))) => {
            Target::EniIpv6(required_id(server, "ServerId")?, address)
        }
        (ServerType::Eci, _) => {
            let message =
                "There are no elastic container instances here: give a server of type Ecs, Eni or Ip.";
            return Err(ApiError::new(404, "ResourceNotFound.Eci", message));
        }
        (ServerType::Ip, _) => Target::Ip(
            server
                .parse("ServerId")?
                .ok_or_else(|| ApiError { code: "MissingParam.IP".into(), ..server.missing("ServerId") })?,
        ),
    })
}

/// `ServerIp`, when it says what a server's own address is.
fn ipv4(server: &Params) -> Result<Option<Ipv4Addr>, ApiError> {
    Ok(match server.parse("ServerIp")? {
        Some(IpAddr::V4(address)) => Some(address),
        Some(IpAddr::V6(_)) | None => None,
    })
}

fn reference(server: &Params) -> Result<ServerRef, ApiError> {
    Ok(ServerRef { target: target(server)?, port: port(server)? })
}

fn port(server: &Params) -> Result<u16, ApiError> {
    Ok(server.number("Port", 0..=u16::MAX)?.unwrap_or(0))
}

fn weight(server: &Params) -> Result<Option<u8>, ApiError> {
    server.number("Weight", 0..=100)
}

fn add(call: &Call) -> Result<Write, ApiError> {
    let new = |server: &Params| {
        let plain = NewServer::new(target(server)?, port(server)?);
        Ok(NewServer {
            address: ipv4(server)?,
            weight: weight(server)?.unwrap_or(plain.weight),
            description: description(server, "Description")?.unwrap_or_default(),
            ..plain
        })
    };
    let server_group = required_id(&call.params, "ServerGroupId")?;
    let command = AddServers { server_group, servers: servers(&call.params, new)? };
    Ok(Write { command: Command::AddServers(command), answer: job })
}

fn remove(call: &Call) -> Result<Write, ApiError> {
    let server_group = required_id(&call.params, "ServerGroupId")?;
    let command = RemoveServers { server_group, servers: servers(&call.params, reference)? };
    Ok(Write { command: Command::RemoveServers(command), answer: job })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let patch = |server: &Params| {
        let description = description(server, "Description")?;
        Ok(ServerPatch { server: reference(server)?, weight: weight(server)?, description })
    };
    let server_group = required_id(&call.params, "ServerGroupId")?;
    let command = UpdateServers { server_group, servers: servers(&call.params, patch)? };
    Ok(Write { command: Command::UpdateServers(command), answer: job })
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let (ids, addresses) = (params.texts("ServerIds")?, params.texts("ServerIps")?);
    let groups = match params.text("ServerGroupId") {
        Some(_) => vec![call.owned::<ServerGroup>("ServerGroupId")?],
        None => call.all_owned::<ServerGroup>().collect(),
    };
    let shown = groups
        .iter()
        .flat_map(|group| group.servers.iter().map(|server| Shown::of(&call.view, group, server)));
    let found = shown.filter(|one| among(&ids, &one.id) && among(&addresses, &one.address)).collect();
    list::answer(params, &PAGE, "Servers", found, Shown::key, |one| one.json.clone())
}

/// A server in an answer.
struct Shown {
    id: String,
    address: String,
    json: Value,
    key: String,
}

impl Shown {
    fn of(view: &View, group: &ServerGroup, server: &Server) -> Self {
        let zone = zone_of(&view.state, &server.target);
        let address = view.status().address_of(&server.target);
        let (id, kind) = identity(&server.target);
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        let json = json!({
            "ServerGroupId": group.id.as_str(),
            "ServerId": id,
            "ServerIp": address,
            "ServerType": kind,
            "Port": server.port,
            "Weight": server.weight,
            "Description": server.description.as_str(),
            "Status": view.status().server(server).status.word(),
            "ZoneId": zone.as_ref().map(ZoneId::as_str).unwrap_or_default(),
        });
        Self { key: format!("{}/{:010}", group.id, server.index.0), id, address, json }
    }

    fn key(&self) -> String {
        self.key.clone()
    }
}

/// Id and type of a server as they travel.
pub(crate) fn identity(target: &Target) -> (String, &'static str) {
    match target {
        Target::Ecs(id) | Target::EcsIpv6(id, _) => (id.to_string(), "Ecs"),
        Target::Eni(id) | Target::EniIpv6(id, _) | Target::Behind(id, _) => (id.to_string(), "Eni"),
        Target::Ip(address) => (address.to_string(), "Ip"),
    }
}

/// The zone that a server is in; none is known for a bare address.
fn zone_of(state: &State, target: &Target) -> Option<ZoneId> {
    let eni = match target {
        Target::Ecs(id) | Target::EcsIpv6(id, _) => &state.get::<Instance>(id)?.eni,
        Target::Eni(id) | Target::EniIpv6(id, _) | Target::Behind(id, _) => id,
        Target::Ip(_) => return None,
    };
    let vswitch = &state.get::<Eni>(eni)?.vswitch;
    Some(state.get::<VSwitch>(vswitch)?.zone.clone())
}
