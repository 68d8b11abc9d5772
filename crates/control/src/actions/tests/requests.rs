//! What holds for every action: tokens, dry runs, codes, accounts.

use serde_json::json;

use super::cloud::{Cloud, OTHER, ZONES};
use super::provider::{Network, Provider, endpoint};
use crate::rpc::Product::{Ecs, Nlb, Privatelink, Vpc};

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn the_same_token_gives_the_same_answer_and_makes_nothing_again() {
    let cloud = Cloud::new().await;
    let network = Network::new(&cloud).await;
    let params = [("ServerGroupName", "rs-1"), ("VpcId", network.vpc.as_str()), ("ClientToken", "token-1")];
    let mut first = cloud.call(Nlb, "CreateServerGroup", &params).await;
    let revision = cloud.revision();
    let mut second = cloud.call(Nlb, "CreateServerGroup", &params).await;
    assert_eq!(cloud.revision(), revision);
    assert_ne!(first["RequestId"], second["RequestId"]);
    (first["RequestId"], second["RequestId"]) = (json!(0), json!(0));
    assert_eq!(first, second);

    let other = [("ServerGroupName", "rs-2"), ("VpcId", network.vpc.as_str()), ("ClientToken", "token-1")];
    let refused = cloud.refused(Nlb, "CreateServerGroup", &other).await;
    assert_eq!(refused, code(400, "IdempotenceSignatureMismatch"));
    let long = "x".repeat(65);
    let params = [("ServerGroupName", "rs-1"), ("VpcId", network.vpc.as_str()), ("ClientToken", &long)];
    assert_eq!(cloud.refused(Nlb, "CreateServerGroup", &params).await, code(400, "IllegalParam.ClientToken"));
}

#[tokio::test]
async fn a_dry_run_judges_and_changes_nothing() {
    let cloud = Cloud::new().await;
    let network = Network::new(&cloud).await;
    let good = [("ServerGroupName", "rs-1"), ("VpcId", network.vpc.as_str()), ("DryRun", "True")];
    assert_eq!(cloud.refused(Nlb, "CreateServerGroup", &good).await, code(400, "DryRunOperation"));
    let bad = [("ServerGroupName", "rs-1"), ("VpcId", "vpc-bp1gone"), ("DryRun", "true")];
    assert_eq!(cloud.refused(Nlb, "CreateServerGroup", &bad).await, code(404, "ResourceNotFound.Vpc"));
}

#[tokio::test]
async fn requests_that_cannot_be_meant_are_refused_with_the_documented_code() {
    let cloud = Cloud::new().await;
    let network = Network::new(&cloud).await;
    let vpc = network.vpc.as_str();
    let zone =
        [("ZoneMappings.1.ZoneId", ZONES[0]), ("ZoneMappings.1.VSwitchId", network.vswitches[0].as_str())];
    let nlb = [("VpcId", vpc), ("AddressType", "Intranet"), zone[0], zone[1]];
    let cases = [
        (Nlb, "CreateLoadBalancer", nlb.to_vec(), 400, "InvalidZones"),
        (Nlb, "CreateLoadBalancer", vec![("VpcId", vpc), zone[0], zone[1]], 400, "MissingParam.AddressType"),
        (
            Nlb,
            "CreateLoadBalancer",
            vec![("VpcId", "sg-1"), ("AddressType", "Intranet"), zone[0], zone[1]],
            404,
            "ResourceNotFound.Vpc",
        ),
        (
            Nlb,
            "CreateLoadBalancer",
            [nlb.to_vec(), vec![("BandwidthPackageId", "cbwp-1")]].concat(),
            400,
            "IllegalParam.BandwidthPackageId",
        ),
        (
            Nlb,
            "CreateLoadBalancer",
            [nlb.to_vec(), vec![("ZoneMappings.1.AllocationId", "eip-1")]].concat(),
            400,
            "IllegalParam.AllocationId",
        ),
        (Nlb, "CreateServerGroup", vec![("VpcId", vpc)], 400, "MissingParam.ServerGroupName"),
        (
            Nlb,
            "CreateServerGroup",
            vec![("VpcId", vpc), ("ServerGroupName", "x")],
            400,
            "IllegalParam.ServerGroupName",
        ),
        (
            Nlb,
            "CreateServerGroup",
            vec![("VpcId", vpc), ("ServerGroupName", "rs"), ("Scheduler", "best")],
            400,
            "IllegalParam.Scheduler",
        ),
        (Nlb, "GetJobStatus", vec![("JobId", "none")], 404, "ResourceNotFound.JobId"),
        (
            Nlb,
            "GetLoadBalancerAttribute",
            vec![("LoadBalancerId", "nlb-gone")],
            404,
            "ResourceNotFound.loadBalancer",
        ),
        (Nlb, "StopListener", vec![("ListenerId", "lsn-gone@80")], 404, "ResourceNotFound.listener"),
        (Nlb, "DescribeZones", vec![("RegionId", "cn-beijing")], 404, "InvalidRegionId.NotFound"),
        (Nlb, "CreateCastle", vec![], 404, "InvalidAction.NotFound"),
        (Vpc, "CreateLoadBalancer", vec![], 404, "InvalidAction.NotFound"),
        (
            Privatelink,
            "CreateVpcEndpointService",
            vec![("ServiceResourceType", "slb")],
            400,
            "IllegalParamFormat.ServiceResourceType",
        ),
        (Privatelink, "GetVpcEndpointAttribute", vec![("EndpointId", "?")], 400, "EndpointNotFound"),
        (Privatelink, "CreateVpcEndpoint", vec![("VpcId", vpc)], 400, "MissingParam.ServiceId"),
        (
            Privatelink,
            "CreateVpcEndpoint",
            vec![("VpcId", vpc), ("ServiceName", "x.y")],
            400,
            "EndpointServiceNotFound",
        ),
        (
            Vpc,
            "CreateVSwitch",
            vec![("VpcId", vpc), ("CidrBlock", "10.0.1.0/24"), ("ZoneId", ZONES[0])],
            400,
            "InvalidCidrBlock.Overlapped",
        ),
        (
            Ecs,
            "DeleteSecurityGroup",
            vec![("SecurityGroupId", "sg-gone")],
            404,
            "InvalidSecurityGroupId.NotFound",
        ),
    ];
    for (product, action, params, status, expected) in cases {
        assert_eq!(
            cloud.refused(product, action, &params).await,
            code(status, expected),
            "{action} {params:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_version_a_wrong_secret_and_an_unsigned_request_are_refused() {
    let cloud = Cloud::new().await;
    let reply = cloud.request("nobody", Nlb, "DescribeZones", &[]).await;
    assert_eq!((reply.status, &reply.body["Code"]), (404, &json!("InvalidAccessKeyId.NotFound")));
    let reply = cloud.request("dev", Nlb, "DescribeZones", &[("Version", "2000-01-01")]).await;
    assert_eq!((reply.status, &reply.body["Code"]), (400, &json!("InvalidVersion")));
    assert_eq!(reply.body["HostId"], "127.0.0.1:4577");
}

#[tokio::test]
async fn what_belongs_to_another_account_does_not_exist() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let reply = cloud.request("other", Nlb, "ListLoadBalancers", &[]).await;
    assert_eq!((reply.status, &reply.body["TotalCount"]), (200, &json!(0)));
    for (product, action, param, id, expected) in [
        (
            Nlb,
            "DeleteLoadBalancer",
            "LoadBalancerId",
            &provider.load_balancer,
            "ResourceNotFound.loadBalancer",
        ),
        (Nlb, "GetListenerAttribute", "ListenerId", &provider.listener, "ResourceNotFound.listener"),
        (Privatelink, "DeleteVpcEndpointService", "ServiceId", &provider.service, "EndpointServiceNotFound"),
        (Vpc, "DeleteVpc", "VpcId", &provider.network.vpc, "InvalidVpcId.NotFound"),
    ] {
        let reply = cloud.request("other", product, action, &[(param, id)]).await;
        assert_eq!(reply.body["Code"], expected, "{action}");
    }
}

#[tokio::test]
async fn a_service_is_offered_to_the_accounts_on_its_whitelist() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let offered = || async {
        let reply = cloud.request("other", Privatelink, "ListVpcEndpointServicesByEndUser", &[]).await;
        reply.body["TotalCount"].as_str().unwrap().to_owned()
    };
    assert_eq!(offered().await, "0");
    let other = OTHER.to_string();
    let user = [("ServiceId", provider.service.as_str()), ("UserId", other.as_str())];
    cloud.call(Privatelink, "AddUserToVpcEndpointService", &user).await;
    assert_eq!(offered().await, "1");
    let users = cloud.call(Privatelink, "ListVpcEndpointServiceUsers", &user).await;
    assert_eq!((&users["Users"], &users["TotalCount"]), (&json!([{ "UserId": OTHER.0 }]), &json!("1")));
    cloud.call(Privatelink, "RemoveUserFromVpcEndpointService", &user).await;
    assert_eq!(offered().await, "0");
    let everybody = [("ServiceId", provider.service.as_str()), ("UserARN", "acs:ram:*:*:*")];
    cloud.call(Privatelink, "AddUserToVpcEndpointService", &everybody).await;
    assert_eq!(offered().await, "1");
}

#[tokio::test]
async fn nothing_goes_that_something_else_needs() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let connection = [("ServiceId", provider.service.as_str()), ("EndpointId", endpoint.as_str())];
    cloud.call(Privatelink, "EnableVpcEndpointConnection", &connection).await;
    for (product, action, param, id, status, expected) in [
        (Vpc, "DeleteVpc", "VpcId", &consumer.vpc, 400, "DependencyViolation.VSwitch"),
        (Vpc, "DeleteVSwitch", "VSwitchId", &consumer.vswitches[0], 400, "DependencyViolation"),
        (Ecs, "DeleteSecurityGroup", "SecurityGroupId", &consumer.group, 403, "DependencyViolation"),
        (Nlb, "DeleteServerGroup", "ServerGroupId", &provider.server_group, 400, "ResourceInUse.ServerGroup"),
        (Privatelink, "DeleteVpcEndpoint", "EndpointId", &endpoint, 400, "EndpointDependenceViolation"),
        (
            Privatelink,
            "DeleteVpcEndpointService",
            "ServiceId",
            &provider.service,
            400,
            "EndpointServiceConnectionDependence",
        ),
    ] {
        assert_eq!(cloud.refused(product, action, &[(param, id)]).await, code(status, expected), "{action}");
    }
}

#[tokio::test]
async fn tags_are_set_found_and_taken_away() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let which = [("ResourceType", "VpcEndpointService"), ("ResourceId.1", provider.service.as_str())];
    let tag = [which.as_slice(), &[("Tag.1.Key", "team"), ("Tag.1.Value", "a b")]].concat();
    cloud.call(Privatelink, "TagResources", &tag).await;
    let tags = || async { cloud.call(Privatelink, "ListTagResources", &which).await["TagResources"].clone() };
    assert_eq!((&tags().await[0]["TagKey"], &tags().await[0]["TagValue"]), (&json!("team"), &json!("a b")));
    let services = cloud.call(Privatelink, "ListVpcEndpointServices", &[("Tag.1.Key", "team")]).await;
    assert_eq!(services["Services"][0]["Tags"], json!([{ "Key": "team", "Value": "a b" }]));
    let none = cloud.call(Privatelink, "ListVpcEndpointServices", &[("Tag.1.Key", "other")]).await;
    assert_eq!(none["Services"], json!([]));
    let untag = [which.as_slice(), &[("TagKey.1", "team")]].concat();
    cloud.call(Privatelink, "UntagResources", &untag).await;
    assert_eq!(tags().await, json!([]));
    let wrong = [("ResourceType", "loadbalancer"), ("ResourceId.1", "sgp-1"), ("TagKey.1", "team")];
    assert_eq!(
        cloud.refused(Nlb, "UntagResources", &wrong).await,
        code(404, "ResourceNotFound.loadBalancer")
    );
}

#[tokio::test]
async fn a_repeated_token_brings_the_first_answer_though_what_it_named_is_gone() {
    let cloud = Cloud::new().await;
    let vpc = cloud.get(Vpc, "CreateVpc", &[("CidrBlock", "10.0.0.0/8")], "/VpcId").await;
    let group = cloud.get(Ecs, "CreateSecurityGroup", &[("VpcId", &vpc)], "/SecurityGroupId").await;
    let (group, rule) =
        ([("SecurityGroupId", group.as_str())], [("IpProtocol", "tcp"), ("PortRange", "80/80")]);
    let rule = [&group[..], &rule, &[("SourceCidrIp", "10.0.0.0/8")]].concat();
    cloud.get(Ecs, "AuthorizeSecurityGroup", &rule, "/RequestId").await;
    let id = "/Permissions/Permission/0/SecurityGroupRuleId";
    let id = cloud.get(Ecs, "DescribeSecurityGroupAttribute", &group, id).await;
    let change = [("SecurityGroupRuleId", id.as_str()), ("Description", "web"), ("ClientToken", "once")];
    let change = [&group[..], &change].concat();
    cloud.get(Ecs, "ModifySecurityGroupRule", &change, "/RequestId").await;
    cloud.get(Ecs, "RevokeSecurityGroup", &rule, "/RequestId").await;
    cloud.get(Ecs, "ModifySecurityGroupRule", &change, "/RequestId").await;
    let other = [&change[..change.len() - 1], &[("ClientToken", "twice")]].concat();
    let refused = cloud.refused(Ecs, "ModifySecurityGroupRule", &other).await;
    assert_eq!(refused, code(404, "InvalidSecurityGroupRuleId.NotFound"));
}
