//! What belongs to another account answers as what never was: byte for byte, but for the request's id and the id that
//! was asked for. Every action is asked, with every parameter that names something; a new one is asked by itself.

use std::collections::BTreeSet;

use super::cloud::Cloud;
use super::named::{Named, ways};
use super::things;
use crate::actions::{Action, Handler, Support, all};

/// A service answers those who are not on its whitelist that they are not: its name was given to them for that.
const TOLD: [(&str, &str); 2] = [("CreateVpcEndpoint", "ServiceId"), ("CreateVpcEndpoint", "ServiceName")];

/// Parameters with which the test does not get as far as to an owner: an own id answers as one that never was. This list
/// only gets shorter.
const BLIND: &[(&str, &str)] = &[
    // Any number may be put on a whitelist, whether or not it is an account's.
    ("AddUserToVpcEndpointService", "UserARN"),
    ("AddUserToVpcEndpointService", "UserId"),
    // A rule that is not there is revoked with success.
    ("RevokeSecurityGroup", "Permissions"),
    ("RevokeSecurityGroup", "SourceGroupId"),
    ("RevokeSecurityGroup", "SourcePrefixListId"),
    ("RevokeSecurityGroupEgress", "DestPrefixListId"),
    ("RevokeSecurityGroupEgress", "DestGroupId"),
    ("RevokeSecurityGroupEgress", "Permissions"),
    // The id of the route is enough.
    ("DeleteRouteEntry", "NextHopId"),
    ("DeleteRouteEntry", "NextHopList"),
    ("DeleteRouteEntry", "RouteTableId"),
    // Nothing there is what is asked for: what was replaced, a free zone, another group that names it, an instance with
    // it, an image in a group.
    ("AddZoneToVpcEndpoint", "VSwitchId"),
    ("DescribeInstances", "KeyPairName"),
    ("DescribeImages", "ResourceGroupId"),
    ("ListVpcEndpointConnections", "ReplacedResourceId"),
];

/// Parameters that narrow a list by what is not here, so that no account has any.
const NOBODYS: [&str; 5] = ["AutoSnapshotPolicyId", "HpcClusterId", "ImageOwnerId", "KMSKeyId", "SnapshotId"];

/// Codes of refusals that do not name what is missing as it is to be given.
const UNNAMED: [(&str, &str); 2] =
    [("MissingParam.Certificate", "CertificateIds"), ("EndpointMustContainSecurityGroup", "SecurityGroupId")];

/// Whose ids a request names.
struct Asked<'a> {
    action: &'static Action,
    /// What is varied, with ids to be filled in.
    way: &'a [(&'static str, &'static str)],
    /// Other parameters that the action needs, with ids of the caller's own.
    needed: Vec<&'static str>,
}

impl Asked<'_> {
    /// The answer to a request of the caller who owns `own`, about things of `whose`.
    async fn answer(&self, cloud: &Cloud, own: &Named, whose: &Named) -> String {
        let more = self.needed.iter().filter_map(|name| ways(self.action, name).first().copied());
        let more = more.flatten().filter(|(key, _)| self.way.iter().all(|(varied, _)| varied != key));
        let mut params: Vec<(&str, String)> = more.map(|(key, text)| (*key, own.fill(text))).collect();
        params.extend(self.way.iter().map(|(key, text)| (*key, whose.fill(text))));
        if let Handler::Write(_) = self.action.handler {
            params.push(("DryRun", "true".to_owned()));
        }
        let params: Vec<(&str, &str)> = params.iter().map(|(key, text)| (*key, text.as_str())).collect();
        let mut reply = cloud.send(self.action.product, self.action.name, &params).await;
        reply.body["RequestId"].take();
        format!("{} {}", reply.status, whose.hide(&reply.body.to_string()))
    }

    /// A parameter that the answer says is missing.
    fn missing(&self, answer: &str) -> Option<&'static str> {
        let told = UNNAMED.iter().find(|(code, _)| answer.contains(&format!(r#""Code":"{code}""#)));
        if let Some((_, name)) = told {
            return (!self.needed.contains(name)).then_some(*name);
        }
        let incomplete = [r#""Code":"Missing"#, "BothNull", ".Necessary"];
        if !incomplete.iter().any(|code| answer.contains(code)) {
            return None;
        }
        let word = |name: &str| answer.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name);
        let mut names = self.action.params.iter().map(|param| param.name);
        names.find(|name| word(name) && !self.needed.contains(name))
    }
}

#[tokio::test]
async fn another_account_s_things_answer_as_what_never_was() {
    let theirs = Cloud::new().await;
    let cloud = theirs.of_other();
    let (foreign, own) = (things::make(&theirs).await, things::make(&cloud).await);
    let unknown = foreign.unknown();
    let (mut different, mut blind) = (Vec::new(), BTreeSet::new());
    for action in all() {
        for param in action.params.iter().filter(|param| param.support == Support::Works) {
            let ways = ways(action, param.name);
            assert!(!ways.is_empty() || !names_something(param.name), "say what {} may be", param.name);
            let mut seen = ways.iter().all(|way| !names(way));
            for way in ways.iter().filter(|way| names(way)) {
                let mut asked = Asked { action, way, needed: Vec::new() };
                let nobody = loop {
                    let stranger = asked.answer(&cloud, &own, &foreign).await;
                    let nobody = asked.answer(&cloud, &own, &unknown).await;
                    if stranger != nobody {
                        different.push((action.name, param.name, stranger, nobody.clone()));
                    }
                    match asked.missing(&nobody) {
                        Some(name) => asked.needed.push(name),
                        None => break nobody,
                    }
                };
                seen |= asked.answer(&cloud, &own, &own).await != nobody;
            }
            if !seen {
                blind.insert((action.name, param.name));
            }
        }
    }
    different.retain(|(action, param, ..)| !TOLD.contains(&(*action, *param)));
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(blind, BLIND.iter().copied().collect(), "what is asked for never gets as far as its owner");
}

/// Whether a way of giving a parameter names something that somebody owns.
fn names(way: &[(&str, &str)]) -> bool {
    way.iter().any(|(_, text)| text.contains('<'))
}

/// Whether a parameter is one that names something, by its own name.
fn names_something(name: &str) -> bool {
    (name.ends_with("Id") || name.ends_with("Ids")) && !NOBODYS.contains(&name)
}
