//! Health of the servers behind a listener: only those that are not well are listed.

use model::nlb::{Listener, ServerGroup};
use model::status::UnhealthyServer;
use model::words::Words;
use serde_json::{Value, json};

use super::server::identity;
use crate::actions::{Action, Call, View, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] =
    &[Action::read(Product::Nlb, "GetListenerHealthStatus", &[works("ListenerId")], get)];

fn get(call: &Call) -> Result<Value, ApiError> {
    let listener = call.owned::<Listener>("ListenerId")?;
    let group = call.view.state.get::<ServerGroup>(&listener.server_group);
    let groups: Vec<Value> = group.iter().map(|group| show_group(&call.view, group)).collect();
    Ok(json!({
        "ListenerHealthStatus": [{
            "ListenerId": listener.id.as_str(),
            "ListenerPort": listener.port(),
            "ListenerProtocol": listener.protocol.text,
            "ServerGroupInfos": groups,
        }],
        "MaxResults": 1,
        "NextToken": "",
        "TotalCount": 1,
    }))
}

fn show_group(view: &View, group: &ServerGroup) -> Value {
    let health = view.status().group_health(group);
    json!({
        "ServerGroupId": group.id.as_str(),
        "HeathCheckEnabled": health.checked,
        "NonNormalServers": health.bad.iter().map(show_bad).collect::<Vec<_>>(),
    })
}

fn show_bad(server: &UnhealthyServer) -> Value {
    json!({
        "ServerId": identity(&server.target).0,
        "ServerIp": server.address.map(|address| address.to_string()).unwrap_or_default(),
        "Port": server.port,
        "Status": server.status.word(),
        "Reason": { "ReasonCode": server.reason.map(Words::word).unwrap_or_default() },
    })
}
