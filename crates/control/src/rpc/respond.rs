//! Responses: JSON unless XML was asked for.

use bytes::Bytes;
use hyper::{Response, StatusCode};
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::{Map, Value, json};

use super::{ApiError, Request};

/// How the caller wants to read the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    /// XML only when it was asked for by name.
    pub fn of(request: &Request) -> Self {
        let asked = request.parameter("Format").or_else(|| request.header("accept"));
        let xml = asked.is_some_and(|asked| {
            asked.eq_ignore_ascii_case("xml")
                || asked.starts_with("application/xml")
                || asked.starts_with("text/xml")
        });
        if xml { Self::Xml } else { Self::Json }
    }
}

/// A new request id: an upper-case UUID (version 4). A machine without randomness gives ids of zeros.
pub fn request_id() -> String {
    let mut bytes = [0u8; 16];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system has no randomness: request ids are not unique");
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode_upper(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The response to an action.
pub fn respond(
    format: Format,
    action: &str,
    host: &str,
    request_id: &str,
    result: Result<Value, ApiError>,
) -> Response<Bytes> {
    let (status, root, body) = match result {
        Ok(answer) => (200, format!("{action}Response"), with_request_id(answer, request_id)),
        Err(error) => (error.status, "Error".to_owned(), error_body(&error, host, request_id)),
    };
    let (kind, bytes) = match format {
        Format::Json => ("application/json;charset=utf-8", body.to_string().into_bytes()),
        Format::Xml => ("text/xml;charset=utf-8", xml(&root, &body)),
    };
    let mut response = Response::new(Bytes::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

fn with_request_id(answer: Value, request_id: &str) -> Value {
    let mut members = match answer {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    members.insert("RequestId".into(), request_id.into());
    Value::Object(members)
}

fn error_body(error: &ApiError, host: &str, request_id: &str) -> Value {
    json!({
        "RequestId": request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": "",
    })
}

fn xml(root: &str, body: &Value) -> Vec<u8> {
    let mut writer = Writer::new(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_vec());
    match write_xml(&mut writer, root, body) {
        Ok(()) => writer.into_inner(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as XML");
            Vec::new()
        }
    }
}

/// A list becomes one element for each item, all with the list's name.
fn write_xml(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> std::io::Result<()> {
    if let Value::Array(items) = value {
        return items.iter().try_for_each(|item| write_xml(writer, name, item));
    }
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    match value {
        Value::Object(members) => {
            members.iter().try_for_each(|(name, value)| write_xml(writer, name, value))?
        }
        Value::String(text) => writer.write_event(Event::Text(BytesText::new(text)))?,
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            writer.write_event(Event::Text(BytesText::new(&value.to_string())))?;
        }
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: Format, result: Result<Value, ApiError>) -> (u16, String, String) {
        let response = respond(format, "ListThings", "h:1", "ID", result);
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status().as_u16(), kind, String::from_utf8(response.body().to_vec()).unwrap())
    }

    #[test]
    fn success_always_has_a_request_id() {
        let (status, kind, body) = text(Format::Json, Ok(Value::Null));
        assert_eq!((status, kind.as_str()), (200, "application/json;charset=utf-8"));
        assert_eq!(body, r#"{"RequestId":"ID"}"#);
    }

    #[test]
    fn errors_have_their_status_and_all_five_members() {
        let (status, _, body) = text(Format::Json, Err(ApiError::new(404, "A.B", "Gone.")));
        assert_eq!(status, 404);
        let body: Value = serde_json::from_str(&body).unwrap();
        let expected = json!({"RequestId":"ID","HostId":"h:1","Code":"A.B","Message":"Gone.","Recommend":""});
        assert_eq!(body, expected);
    }

    #[test]
    fn xml_escapes_and_repeats() {
        let (_, kind, body) = text(Format::Xml, Ok(json!({"Things": {"Thing": [{"A": 1}, {"A": "<&"}]}})));
        assert_eq!(kind, "text/xml;charset=utf-8");
        let things = "<Things><Thing><A>1</A></Thing><Thing><A>&lt;&amp;</A></Thing></Things>";
        assert!(body.contains("<ListThingsResponse>") && body.contains(things), "{body}");
        let (_, _, body) = text(Format::Xml, Err(ApiError::new(400, "A", "m")));
        assert!(body.contains("<Error>") && body.contains("<Code>A</Code>"), "{body}");
    }

    #[test]
    fn request_ids_are_upper_case_uuids() {
        let id = request_id();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
        assert!(
            id.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)),
            "{id}"
        );
    }
}
