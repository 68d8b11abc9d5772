//! `isthmus certificate import|list|delete`: certificates for TCPSSL listeners, of the account whose key calls.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use control::rpc::Product;
use serde_json::Value;

use crate::api::Access;
use crate::client::{Client, text};

/// Certificates on one page of the API's list: the most that there are.
const PAGE: &str = "100";

/// Import, list and delete certificates of TCPSSL listeners.
#[derive(Args)]
pub struct Certificate {
    #[command(flatten)]
    access: Access,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Import a server's certificate with its private key, or without a key the certificate of an authority of clients.
    Import(Import),
    /// List certificates; private keys are never shown.
    List,
    /// Delete a certificate that no listener uses.
    Delete {
        /// Such as 12345678-cn-hangzhou.
        id: String,
    },
}

#[derive(Args)]
struct Import {
    /// A name for people.
    #[arg(long)]
    name: String,
    /// PEM file: the certificate first, then those that issued it.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// PEM file of the private key, without a passphrase.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Certificate {
    /// Does it and prints what listeners call the certificate.
    ///
    /// # Errors
    /// When a file cannot be read or the API refuses.
    pub fn run(self) -> Result<()> {
        let client = self.access.client()?;
        match self.verb {
            Verb::Import(import) => import.run(&client),
            Verb::List => list(&client),
            Verb::Delete { id } => delete(&client, &id),
        }
    }
}

impl Import {
    fn run(&self, client: &Client) -> Result<()> {
        let mut parameters = pairs(&[("Name", &self.name), ("Cert", &read(&self.certificate)?)]);
        if let Some(key) = &self.key {
            parameters.extend(pairs(&[("Key", &read(key)?)]));
        }
        let answer = client.call(Product::Cas, "UploadUserCertificate", &parameters)?;
        println!("{}", text(&answer, "CertIdentifier").context("the answer has no CertIdentifier")?);
        Ok(())
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn list(client: &Client) -> Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(["ID", "NAME", "TYPE", "FOR", "UNTIL", "STATUS"]);
    for page in 1.. {
        let page = page.to_string();
        let parameters = pairs(&[("ShowSize", PAGE), ("CurrentPage", &page)]);
        let answer = client.call(Product::Cas, "ListUserCertificateOrder", &parameters)?;
        let found = answer["CertificateOrderList"].as_array().cloned().unwrap_or_default();
        if found.is_empty() {
            break;
        }
        table.add_rows(found.iter().map(row));
    }
    println!("{table}");
    Ok(())
}

fn row(one: &Value) -> [String; 6] {
    ["CertIdentifier", "Name", "CertType", "Sans", "EndDate", "Status"]
        .map(|field| text(one, field).unwrap_or_default())
}

fn delete(client: &Client, id: &str) -> Result<()> {
    let number = id.split('-').next().unwrap_or_default();
    client.call(Product::Cas, "DeleteUserCertificate", &pairs(&[("CertId", number)]))?;
    Ok(())
}
