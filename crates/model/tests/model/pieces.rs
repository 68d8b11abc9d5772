//! Pieces of commands, for whoever draws some at random.

use std::collections::BTreeMap;

use model::account::Secret;
use model::assistant::{Content, Script, WorkingDir};
use model::certificate::{CertificateContent, KeyAlgorithm};
use model::command::Command;
use model::command::assistant::{CreateCommand, RunCommand};
use model::command::endpoint::EnableConnection;
use model::command::key_pair::{CreateKeyPair, KeyPairCommand};
use model::command::prefix_list::{CreatePrefixList, PrefixListCommand};
use model::command::tls::ImportCertificate;
use model::id::{AccountId, EndpointId, EndpointServiceId, InstanceId, Timestamp, ZoneId};
use model::key_pair::PublicKey;
use model::meta::{Description, Labels, Name};
use model::net::Family;

pub(crate) const OTHER: AccountId = AccountId(1_000_000_000_000_002);

pub(crate) fn zone(letter: &str) -> ZoneId {
    ZoneId::new(&format!("cn-hangzhou-{letter}"))
}

pub(crate) fn enable(service: &EndpointServiceId, endpoint: &EndpointId) -> Command {
    let (service, endpoint) = (service.clone(), endpoint.clone());
    Command::EnableConnection(EnableConnection { service, endpoint, bandwidth: None, traffic_control: None })
}

pub(crate) fn import(key: Option<Secret>) -> ImportCertificate {
    let content = CertificateContent {
        chain: "a chain".to_owned(),
        key,
        common_name: "shop.example".to_owned(),
        names: vec!["shop.example".to_owned()],
        issuer: "an authority".to_owned(),
        serial: "01".to_owned(),
        fingerprint: "00".to_owned(),
        algorithm: KeyAlgorithm::Ecdsa,
        not_before: Timestamp(0),
        not_after: Timestamp(4_000_000_000),
    };
    ImportCertificate { labels: model::meta::Labels::default(), content }
}

/// A key pair with this name.
pub(crate) fn create_key_pair(name: &str) -> Command {
    let public_key = PublicKey { line: format!("ssh-rsa {name}"), fingerprint: "00".to_owned() };
    let labels = Labels { name: Name::parse(name).unwrap(), ..Labels::default() };
    let private_key = Some(Secret::new("private"));
    Command::KeyPair(KeyPairCommand::Create(CreateKeyPair { labels, public_key, private_key }))
}

/// A prefix list with room for two ranges of IPv4.
pub(crate) fn create_prefix_list(ranges: &[&str]) -> Command {
    let entries = ranges.iter().map(|range| (range.parse().unwrap(), Description::default())).collect();
    let labels = Labels { name: Name::parse("offices").unwrap(), ..Labels::default() };
    let list = CreatePrefixList { labels, family: Family::Ipv4, max_entries: 2, entries };
    Command::PrefixList(PrefixListCommand::Create(list))
}

/// A command of the cloud assistant with this text.
pub(crate) fn command(content: &str, parameters: bool) -> CreateCommand {
    let content = Content::new(content.as_bytes().to_vec()).unwrap();
    let script = Script { content, parameters, working_dir: WorkingDir::default(), timeout: 60 };
    let labels = Labels { name: Name::parse("a-command").unwrap(), ..Labels::default() };
    CreateCommand { labels, script }
}

/// Such a command, to be carried out at once.
pub(crate) fn run(content: &str, instances: &[InstanceId]) -> RunCommand {
    let (command, values) = (command(content, false), BTreeMap::new());
    RunCommand { command, keep: false, values, instances: instances.iter().cloned().collect() }
}
