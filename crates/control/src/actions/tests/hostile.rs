//! Values that nobody sends on purpose, in every parameter of every action: a refusal or an answer, never a failure of the
//! server.

use super::cloud::{Cloud, REGION};
use super::provider::{Network, Provider, endpoint};
use crate::actions::{Action, COMMON, all};

/// Deeper than any parser should follow.
fn deep() -> String {
    format!("{}{}", "[".repeat(2_000), "]".repeat(2_000))
}

fn values() -> Vec<String> {
    let plain = [
        "",
        " ",
        "\u{0}",
        "-1",
        "4294967296",
        "99999999999999999999999999",
        "1e400",
        "NaN",
        "true",
        "null",
        "{}",
        "[]",
        "[{}]",
        "[[[]]]",
        "{\"a\":{\"b\":[null,1.5,\"\u{1}\"]}}",
        "[\"\\ud800\"]",
        "0.0.0.0/0",
        "255.255.255.255/32",
        "10.0.0.0/99",
        "::/0",
        "vpc-",
        "vpc-bp1\u{fffd}",
        "../../etc/passwd",
        "<a&\"'>",
        "😀é\u{202e}",
        "65535/65536",
        "2147483648-cn-hangzhou",
        "acs:ram:*::*",
    ];
    let mut values: Vec<String> = plain.map(str::to_owned).into();
    values.extend(["x".repeat(70_000), "9".repeat(400), "🦀".repeat(64), "a.".repeat(300), deep()]);
    values
}

/// Names under which a value reaches an action: flat, as an item of a list, as a member of an item.
fn places(action: &Action) -> Vec<String> {
    let names = action.params.iter().chain(COMMON).map(|param| param.name);
    // Without it, what is asked for would be done.
    let names = names.filter(|name| *name != "DryRun");
    names.flat_map(|name| [name.to_owned(), format!("{name}.1"), format!("{name}.4294967295.Key")]).collect()
}

#[tokio::test]
async fn no_value_makes_the_server_fail() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let values = values();
    let own = [
        ("VpcId", provider.network.vpc.as_str()),
        ("VSwitchId", &provider.network.vswitches[0]),
        ("SecurityGroupId", &provider.network.group),
        ("LoadBalancerId", &provider.load_balancer),
        ("ServerGroupId", &provider.server_group),
        ("ListenerId", &provider.listener),
        ("ServiceId", &provider.service),
        ("EndpointId", &endpoint),
        ("RegionId", REGION),
        ("ZoneId", super::cloud::ZONES[0]),
        ("DryRun", "true"),
    ];
    let (mut turn, before) = (0, cloud.revision());
    for action in all() {
        // Each parameter is given in one of its forms, by turns.
        for place in places(action).into_iter().skip(turn % 2).step_by(2) {
            // All values come to their turn many times.
            turn = (turn + 7) % values.len();
            // What exists stands beside it, so that the parser gets as far as it can.
            let others = own.iter().filter(|(name, _)| *name != place).copied();
            let params: Vec<_> = others.chain([(place.as_str(), values[turn].as_str())]).collect();
            let reply = cloud.request("dev", action.product, action.name, &params).await;
            let shown: String = values[turn].chars().take(40).collect();
            assert!(reply.status < 500, "{} {place}={shown}: {}", action.name, reply.body);
        }
        assert_eq!(cloud.revision(), before, "{} changed something in a dry run", action.name);
    }
}
