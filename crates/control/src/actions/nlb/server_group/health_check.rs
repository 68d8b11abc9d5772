//! Health checks of server groups: `HealthCheckConfig` in requests, `HealthCheck` in answers.

use model::nlb::health_check::{HealthCheck, HealthCheckKind, HealthCheckPatch, HttpCheck};
use model::words::Words;
use serde_json::{Value, json};

use crate::rpc::{ApiError, Params};

/// What a request says about the health check.
pub(super) fn patch(config: &Params) -> Result<HealthCheckPatch, ApiError> {
    let number = |name: &str| config.number(name, 0..=u16::MAX);
    let threshold = |name: &str| config.number(name, 0..=u8::MAX);
    Ok(HealthCheckPatch {
        enabled: config.flag("HealthCheckEnabled")?,
        kind: config.word("HealthCheckType")?,
        port: number("HealthCheckConnectPort")?,
        timeout: number("HealthCheckConnectTimeout")?,
        interval: number("HealthCheckInterval")?,
        healthy_threshold: threshold("HealthyThreshold")?,
        unhealthy_threshold: threshold("UnhealthyThreshold")?,
        head: config.choice("HttpCheckMethod", &[("GET", false), ("HEAD", true)])?,
        path: config.text("HealthCheckUrl").map(str::to_owned),
        domain: config.text("HealthCheckDomain").map(str::to_owned),
        classes: classes(config)?,
        request: config.text("HealthCheckReq").map(str::to_owned),
        response: config.text("HealthCheckExp").map(str::to_owned),
        http11: config.choice("HealthCheckHttpVersion", &[("HTTP1.0", false), ("HTTP1.1", true)])?,
    })
}

fn classes(config: &Params) -> Result<Option<Vec<u8>>, ApiError> {
    let class = |text: &String| match text.to_ascii_lowercase().as_str() {
        "http_2xx" => Ok(2),
        "http_3xx" => Ok(3),
        "http_4xx" => Ok(4),
        "http_5xx" => Ok(5),
        _ => {
            Err(config.illegal("HealthCheckHttpCode", "give any of http_2xx, http_3xx, http_4xx, http_5xx."))
        }
    };
    let classes =
        config.texts("HealthCheckHttpCode")?.iter().map(class).collect::<Result<Vec<u8>, ApiError>>()?;
    Ok(Some(classes).filter(|classes| !classes.is_empty()))
}

/// A health check in an answer; one that is switched off shows the defaults.
pub(super) fn show(check: Option<&HealthCheck>) -> Value {
    let enabled = check.is_some();
    let check = check.cloned().unwrap_or_default();
    let http = match &check.kind {
        HealthCheckKind::Http(http) => http.clone(),
        HealthCheckKind::Tcp | HealthCheckKind::Udp | HealthCheckKind::Exchange(_) => HttpCheck::default(),
    };
    let (request, response) = match &check.kind {
        HealthCheckKind::Exchange(texts) => (texts.request.as_str(), texts.response.as_str()),
        HealthCheckKind::Tcp | HealthCheckKind::Udp | HealthCheckKind::Http(_) => ("", ""),
    };
    let codes: Vec<String> = http.classes.iter().map(|class| format!("http_{class}xx")).collect();
    json!({
        "HealthCheckEnabled": enabled,
        "HealthCheckType": check.kind.probe().word(),
        "HealthCheckConnectPort": check.port,
        "HealthCheckConnectTimeout": check.timeout,
        "HealthCheckInterval": check.interval,
        "HealthyThreshold": check.healthy_threshold,
        "UnhealthyThreshold": check.unhealthy_threshold,
        "HttpCheckMethod": if http.head { "HEAD" } else { "GET" },
        "HealthCheckUrl": http.path,
        "HealthCheckDomain": http.domain.as_deref().unwrap_or("$SERVER_IP"),
        "HealthCheckHttpCode": codes,
        "HealthCheckHttpVersion": if http.http11 { "HTTP1.1" } else { "HTTP1.0" },
        "HealthCheckReq": request,
        "HealthCheckExp": response,
    })
}
