//! Listeners.

use std::sync::Arc;

use model::command::Command;
use model::command::nlb::{CreateListener, ProxyProtocolPatch, UpdateListener};
use model::id::ListenerId;
use model::net::PortRange;
use model::nlb::Listener;
use model::words::Words;
use serde_json::{Map, Value, json};

use super::tls::{
    self, ALPN_ENABLED, ALPN_POLICY, CA_CERTIFICATES, CA_ENABLED, CERTIFICATES, SECURITY_POLICY,
};
use super::{PAGE, job};
use crate::actions::call::{description, id, labels, required_id};
use crate::actions::list::{self, Labelled, among, is};
use crate::actions::{Action, Call, Param, View, Write, no_effect, works};
use crate::rpc::{ApiError, Params, Product};

const SEC_SENSOR: Param = no_effect(
    "SecSensorEnabled",
    "there is no second-level monitoring; a change to true is refused without a configuration of it",
);

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "CreateListener",
        &[
            works("LoadBalancerId"),
            works("ListenerProtocol"),
            works("ListenerPort"),
            works("StartPort"),
            works("EndPort"),
            works("ServerGroupId"),
            works("ListenerDescription"),
            works("IdleTimeout"),
            works("Cps"),
            works("Mss"),
            works("ProxyProtocolEnabled"),
            SEC_SENSOR,
            works("Tag"),
            works("ProxyProtocolV2Config"),
            CA_ENABLED,
            CA_CERTIFICATES,
            CERTIFICATES,
            SECURITY_POLICY,
            ALPN_ENABLED,
            ALPN_POLICY,
        ],
        create,
    ),
    Action::write(
        Product::Nlb,
        "UpdateListenerAttribute",
        &[
            works("ListenerId"),
            works("ListenerDescription"),
            works("ServerGroupId"),
            works("IdleTimeout"),
            works("Cps"),
            works("Mss"),
            works("ProxyProtocolEnabled"),
            SEC_SENSOR,
            works("ProxyProtocolV2Config"),
            CA_ENABLED,
            CA_CERTIFICATES,
            CERTIFICATES,
            SECURITY_POLICY,
            ALPN_ENABLED,
            ALPN_POLICY,
        ],
        update,
    ),
    Action::write(Product::Nlb, "StartListener", &[works("ListenerId")], |call| {
        on(call, Command::StartListener)
    }),
    Action::write(Product::Nlb, "StopListener", &[works("ListenerId")], |call| {
        on(call, Command::StopListener)
    }),
    Action::write(Product::Nlb, "DeleteListener", &[works("ListenerId")], |call| {
        on(call, Command::DeleteListener)
    }),
    Action::read(Product::Nlb, "GetListenerAttribute", &[works("ListenerId")], get),
    Action::read(
        Product::Nlb,
        "ListListeners",
        &[
            works("ListenerIds"),
            works("LoadBalancerIds"),
            works("ListenerProtocol"),
            SEC_SENSOR,
            works("Tag"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

fn on(call: &Call, command: fn(ListenerId) -> Command) -> Result<Write, ApiError> {
    Ok(Write { command: command(required_id(&call.params, "ListenerId")?), answer: job })
}

fn create(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let protocol = params.word_as_sent("ListenerProtocol")?;
    let command = CreateListener {
        labels: labels(params, None, Some("ListenerDescription"))?,
        load_balancer: required_id(params, "LoadBalancerId")?,
        protocol: protocol.ok_or_else(|| params.missing("ListenerProtocol"))?,
        ports: ports(params)?,
        server_group: required_id(params, "ServerGroupId")?,
        idle_timeout: params.number("IdleTimeout", 0..=u16::MAX)?,
        cps: params.number("Cps", 0..=u32::MAX)?.unwrap_or(0),
        mss: params.number("Mss", 0..=u16::MAX)?.unwrap_or(0),
        proxy_protocol: proxy_protocol(params)?,
        sec_sensor: params.flag("SecSensorEnabled")?.unwrap_or(false),
        tls: tls::patch(params)?,
    };
    Ok(Write { command: Command::CreateListener(command), answer: job })
}

/// One port, or with port 0 a range; 0 at its ends says as much as nothing.
fn ports(params: &Params) -> Result<PortRange, ApiError> {
    let port = params.number("ListenerPort", 0..=u16::MAX)?.ok_or_else(|| params.missing("ListenerPort"))?;
    let end = |name| Ok::<_, ApiError>(params.number(name, 0..=u16::MAX)?.filter(|port| *port != 0));
    match (port, end("StartPort")?, end("EndPort")?) {
        (0, Some(low), Some(high)) if low < high => Ok(PortRange { low, high }),
        (0, Some(low), Some(_)) => {
            Err(params.illegal("EndPort", format!("give one beyond StartPort, {low}.")))
        }
        (0, None, _) => Err(params.missing("StartPort")),
        (0, Some(_), None) => Err(params.missing("EndPort")),
        (port, None, None) => Ok(PortRange::one(port)),
        (_, Some(_), _) | (_, _, Some(_)) => {
            Err(params.illegal("ListenerPort", "give 0 with a range from StartPort to EndPort."))
        }
    }
}

fn proxy_protocol(params: &Params) -> Result<ProxyProtocolPatch, ApiError> {
    let config = params.object("ProxyProtocolV2Config")?;
    Ok(ProxyProtocolPatch {
        enabled: params.flag("ProxyProtocolEnabled")?,
        vpc: config.flag("Ppv2VpcIdEnabled")?,
        endpoint: config.flag("Ppv2PrivateLinkEpIdEnabled")?,
        service: config.flag("Ppv2PrivateLinkEpsIdEnabled")?,
    })
}

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = UpdateListener {
        listener: required_id(params, "ListenerId")?,
        description: description(params, "ListenerDescription")?,
        server_group: id(params, "ServerGroupId")?,
        idle_timeout: params.number("IdleTimeout", 0..=u16::MAX)?,
        cps: params.number("Cps", 0..=u32::MAX)?,
        mss: params.number("Mss", 0..=u16::MAX)?,
        proxy_protocol: proxy_protocol(params)?,
        sec_sensor: params.flag("SecSensorEnabled")?,
        tls: tls::patch(params)?,
    };
    Ok(Write { command: Command::UpdateListener(command), answer: job })
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let listener = call.owned::<Listener>("ListenerId")?;
    let mut answer = show(&call.view, listener);
    answer.insert("Tags".into(), list::tags(&listener.meta.tags, "TagKey", "TagValue").into());
    Ok(Value::Object(answer))
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    let (ids, load_balancers) = (params.texts("ListenerIds")?, params.texts("LoadBalancerIds")?);
    let sec_sensor = params.flag("SecSensorEnabled")?;
    let wanted = |listener: &&Arc<Listener>| {
        labelled.takes(&listener.meta)
            && among(&ids, listener.id.as_str())
            && among(&load_balancers, listener.load_balancer.as_str())
            && is(params.text("ListenerProtocol"), listener.protocol.value.word())
            && sec_sensor.is_none_or(|asked| asked == listener.sec_sensor)
    };
    let found = call.all_owned::<Listener>().filter(wanted).collect();
    let render = |listener: &&Arc<Listener>| {
        let mut item = show(&call.view, listener);
        item.insert("Tags".into(), list::tags(&listener.meta.tags, "Key", "Value").into());
        Value::Object(item)
    };
    list::answer(params, &PAGE, "Listeners", found, |listener| listener.id.to_string(), render)
}

fn show(view: &View, listener: &Listener) -> Map<String, Value> {
    let range = if listener.ports.is_one() { PortRange::one(0) } else { listener.ports };
    let answer = json!({
        "ListenerId": listener.id.as_str(),
        "ListenerDescription": listener.meta.description.as_str(),
        "ListenerPort": listener.port(),
        "ListenerProtocol": listener.protocol.text,
        "ListenerStatus": view.status().listener(listener).status.word(),
        "LoadBalancerId": listener.load_balancer.as_str(),
        "ServerGroupId": listener.server_group.as_str(),
        "StartPort": range.low.to_string(),
        "EndPort": range.high.to_string(),
        "IdleTimeout": listener.idle_timeout,
        "Cps": listener.cps,
        "Mss": listener.mss,
        "ProxyProtocolEnabled": listener.proxy_protocol.enabled,
        "ProxyProtocolV2Config": {
            "Ppv2VpcIdEnabled": listener.proxy_protocol.vpc,
            "Ppv2PrivateLinkEpIdEnabled": listener.proxy_protocol.endpoint,
            "Ppv2PrivateLinkEpsIdEnabled": listener.proxy_protocol.service,
        },
        "SecSensorEnabled": listener.sec_sensor,
        "RegionId": view.state.settings().region,
    });
    let mut members = if let Value::Object(members) = answer { members } else { Map::new() };
    members.extend(tls::show(listener.tls.as_ref()));
    members
}
