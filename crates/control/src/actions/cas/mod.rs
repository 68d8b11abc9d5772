//! The certificate product, version 2020-04-07, as far as listeners need it: certificates are uploaded, listed and
//! deleted. Nothing is issued here.

use std::sync::Arc;

use model::certificate::Certificate;
use model::command::tls::{ImportCertificate, TlsCommand};
use model::command::{Command, Output};
use model::id::CertificateId;
use model::words::Words;
use serde_json::{Value, json};

use super::call::{labels, tags_of};
use super::list::{self, Labelled};
use super::refusal;
use super::{Action, Call, View, Write, no_effect, refused, works};
use crate::certificates;
use crate::rpc::page::{self, Page};
use crate::rpc::{ApiError, Params, Product, time};

const NO_NATIONAL: &str = "only international algorithms are supported.";

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[
    Action::write(
        Product::Cas,
        "UploadUserCertificate",
        &[
            works("Name"),
            works("Cert"),
            works("Key"),
            works("ResourceGroupId"),
            works("Tags"),
            refused("EncryptCert", NO_NATIONAL),
            refused("EncryptPrivateKey", NO_NATIONAL),
            refused("SignCert", NO_NATIONAL),
            refused("SignPrivateKey", NO_NATIONAL),
        ],
        upload,
    ),
    Action::read(
        Product::Cas,
        "ListUserCertificateOrder",
        &[
            works("Keyword"),
            works("Status"),
            works("ResourceGroupId"),
            works("CurrentPage"),
            works("ShowSize"),
            no_effect("OrderType", "every certificate was uploaded"),
        ],
        list,
    ),
    Action::read(Product::Cas, "GetUserCertificateDetail", &[works("CertId"), works("CertFilter")], get),
    Action::write(Product::Cas, "DeleteUserCertificate", &[works("CertId")], delete),
]];

/// Shortest time that a certificate which does not expire soon still has, seconds.
const SOON: i64 = 30 * 86_400;

fn upload(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    params.required("Name")?;
    let content = certificates::read(params.required("Cert")?, params.text("Key")).map_err(|error| {
        let parameter = if error.is_about_key() { "Key" } else { "Cert" };
        params.illegal(parameter, format_args!("{error}."))
    })?;
    let mut labels = labels(params, Some("Name"), None)?;
    labels.tags = tags_of(params, "Tags")?;
    let command = Command::Tls(TlsCommand::ImportCertificate(ImportCertificate { labels, content }));
    Ok(Write { command, answer: uploaded })
}

fn uploaded(_: &View, output: &Output) -> Value {
    match output {
        Output::Certificate(id) => {
            json!({ "CertId": id.number(), "ResourceId": id.as_str(), "CertIdentifier": id.as_str() })
        }
        _ => Value::Null,
    }
}

fn id(call: &Call) -> Result<CertificateId, ApiError> {
    let params = &call.params;
    let number = params.number("CertId", 1..=i64::MAX)?.ok_or_else(|| params.missing("CertId"))?;
    CertificateId::numbered(number, &call.region()).map_err(|error| ApiError::internal(&error))
}

fn delete(call: &Call) -> Result<Write, ApiError> {
    Ok(Write::silent(Command::Tls(TlsCommand::DeleteCertificate(id(call)?))))
}

fn get(call: &Call) -> Result<Value, ApiError> {
    let found = call.view.state.owned::<Certificate>(call.account, &id(call)?);
    let row = found.map_err(|refused| refusal::error(Product::Cas, &refused))?;
    let (mut answer, content) = (show(row), &row.content);
    answer["Id"] = row.id.number().into();
    answer["Common"] = content.common_name.as_str().into();
    answer["NotBefore"] = content.not_before.0.saturating_mul(1000).into();
    answer["NotAfter"] = content.not_after.0.saturating_mul(1000).into();
    answer["BuyInAliyun"] = false.into();
    answer["Tags"] = list::tags(&row.meta.tags, "TagKey", "TagValue").into();
    if !call.params.flag("CertFilter")?.unwrap_or(false) {
        answer["Cert"] = content.chain.as_str().into();
        answer["Key"] = "".into();
    }
    Ok(answer)
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let labelled = Labelled::of(params)?;
    let keyword = params.text("Keyword").map(str::to_ascii_lowercase);
    let wanted = |row: &&Arc<Certificate>| {
        labelled.takes(&row.meta)
            && keyword.as_ref().is_none_or(|keyword| mentions(row, keyword))
            && list::is(params.text("Status"), status(row))
    };
    let rows: Vec<_> = call.all_owned::<Certificate>().filter(wanted).collect();
    let (Page { items, total, size, .. }, number) = numbered(params, rows)?;
    let items: Vec<Value> = items.iter().map(|row| show(row)).collect();
    Ok(json!({
        "CertificateOrderList": items,
        "CurrentPage": number,
        "ShowSize": size,
        "TotalCount": total,
    }))
}

fn numbered<T>(params: &Params, rows: Vec<T>) -> Result<(Page<T>, usize), ApiError> {
    page::by_number_in(params, ("CurrentPage", "ShowSize"), 50, 100, rows)
}

fn mentions(row: &Certificate, keyword: &str) -> bool {
    let names = row.content.names.iter().map(String::as_str);
    let mut texts = names.chain([row.id.as_str(), row.meta.name.as_str()]);
    texts.any(|text| text.to_ascii_lowercase().contains(keyword))
}

fn status(row: &Certificate) -> &'static str {
    match row.content.not_after.0.saturating_sub(time::now().0) {
        left if left <= 0 => "EXPIRED",
        left if left < SOON => "WILLEXPIRED",
        _ => "ISSUED",
    }
}

fn show(row: &Certificate) -> Value {
    let content = &row.content;
    let day = |at| time::format(at).chars().take(10).collect::<String>();
    json!({
        "CertificateId": row.id.number(),
        "CertIdentifier": row.id.as_str(),
        "InstanceId": row.id.as_str(),
        "Name": row.meta.name.as_str(),
        "CommonName": content.common_name,
        "Sans": content.names.join(","),
        "Issuer": content.issuer,
        "SerialNo": content.serial,
        "Sha2": content.fingerprint,
        "Fingerprint": content.fingerprint,
        "Algorithm": content.algorithm.word(),
        "CertType": if row.is_of_server() { "Server" } else { "Ca" },
        "StartDate": day(content.not_before),
        "EndDate": day(content.not_after),
        "CertStartTime": content.not_before.0.saturating_mul(1000),
        "CertEndTime": content.not_after.0.saturating_mul(1000),
        "Expired": status(row) == "EXPIRED",
        "Status": status(row),
        "Upload": true,
        "ResourceGroupId": list::resource_group(&row.meta),
    })
}
