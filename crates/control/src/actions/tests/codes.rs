//! Codes that clients look for, where one refusal has several: which one depends on what was asked.

use super::cloud::{Cloud, OTHER, ZONES};
use super::provider::{Network, Provider, endpoint};
use super::things;
use crate::rpc::Product::{Ecs, Nlb, Privatelink, Vpc};

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_connection_is_not_accepted_when_a_zone_has_lost_its_resource() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let detached = [
        ("ServiceId", provider.service.as_str()),
        ("ResourceType", "nlb"),
        ("ResourceId", &provider.load_balancer),
        ("ZoneId", ZONES[1]),
    ];
    cloud.call(Privatelink, "DetachResourceFromVpcEndpointService", &detached).await;
    let connection = [("ServiceId", provider.service.as_str()), ("EndpointId", endpoint.as_str())];
    assert_eq!(
        cloud.refused(Privatelink, "EnableVpcEndpointConnection", &connection).await,
        code(400, "OperationDenied.NoAvailableServiceResource")
    );
}

#[tokio::test]
async fn a_zone_that_a_connection_lacks_cannot_be_switched() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let connection = [("ServiceId", provider.service.as_str()), ("EndpointId", endpoint.as_str())];
    cloud.call(Privatelink, "EnableVpcEndpointConnection", &connection).await;
    let zone = [connection.as_slice(), &[("ZoneId", "cn-hangzhou-z")]].concat();
    for action in ["EnableVpcEndpointZoneConnection", "DisableVpcEndpointZoneConnection"] {
        let refused = cloud.refused(Privatelink, action, &zone).await;
        assert_eq!(refused, code(404, "ResourceNotFound.VpcEndpointZone"), "{action}");
    }
    let zone = [("EndpointId", endpoint.as_str()), ("ZoneId", "cn-hangzhou-z")];
    let refused = cloud.refused(Privatelink, "RemoveZoneFromVpcEndpoint", &zone).await;
    assert_eq!(refused, code(400, "EndpointZoneNotFound"));
}

#[tokio::test]
async fn a_security_group_of_another_vpc_is_named_as_the_culprit() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let params = [
        ("VpcId", consumer.vpc.as_str()),
        ("ServiceId", &provider.service),
        ("SecurityGroupId.1", &provider.network.group),
    ];
    let refused = cloud.refused(Privatelink, "CreateVpcEndpoint", &params).await;
    assert_eq!(refused, code(400, "SecurityGroupNotFound"));
    let instance = consumer.instance(&cloud, 0).await;
    let params = [("InstanceId", instance.as_str()), ("SecurityGroupId", &provider.network.group)];
    let refused = cloud.refused(Ecs, "JoinSecurityGroup", &params).await;
    assert_eq!(refused, code(403, "InvalidOperation.VpcMismatch"));
    let params = [("InstanceId", instance.as_str()), ("SecurityGroupId", &consumer.group)];
    let refused = cloud.refused(Ecs, "JoinSecurityGroup", &params).await;
    assert_eq!(refused, code(403, "InvalidInstanceId.AlreadyExists"));
}

#[tokio::test]
async fn text_that_no_answer_could_carry_is_refused() {
    let cloud = Cloud::new().await;
    for params in [
        [("Description", "a bell \u{7}"), ("VpcName", "vpc-1")],
        [("Tag.1.Key", "a\0b"), ("Tag.1.Value", "x")],
        [("Tag.1.Key", "ab"), ("Tag.1.Value", "x\u{1b}")],
    ] {
        let (status, _) = cloud.refused(Vpc, "CreateVpc", &params).await;
        assert_eq!(status, 400, "{params:?}");
    }
    cloud.call(Vpc, "CreateVpc", &[("Description", "two\nlines")]).await;
}

#[tokio::test]
async fn a_dry_run_judges_the_token_too() {
    let cloud = Cloud::new().await;
    let refused = cloud.refused(Vpc, "CreateVpc", &[("ClientToken", "zé"), ("DryRun", "true")]).await;
    assert_eq!(refused, code(400, "InvalidParameter.ClientToken"));
}

#[tokio::test]
async fn who_may_connect_to_a_service_does_not_see_its_owner_s_labels() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let other = OTHER.to_string();
    let service = provider.service.as_str();
    cloud
        .call(Privatelink, "AddUserToVpcEndpointService", &[("ServiceId", service), ("UserId", &other)])
        .await;
    let which = [("ResourceType", "VpcEndpointService"), ("ResourceId.1", service)];
    let tag = [which.as_slice(), &[("Tag.1.Key", "team"), ("Tag.1.Value", "secret")]].concat();
    cloud.call(Privatelink, "TagResources", &tag).await;
    let offered = "ListVpcEndpointServicesByEndUser";
    let reply = cloud.request("other", Privatelink, offered, &[]).await;
    assert_eq!(reply.body["Services"][0]["Tags"], serde_json::json!([]));
    let reply = cloud.request("other", Privatelink, offered, &[("Tag.1.Key", "team")]).await;
    assert_eq!(reply.body["TotalCount"], "0");
    let own = cloud.call(Privatelink, offered, &[("Tag.1.Key", "team")]).await;
    assert_eq!(own["Services"][0]["Tags"][0]["Value"], "secret");
}

#[tokio::test]
async fn what_is_wrong_is_named_by_the_code_that_is_documented_for_it() {
    let cloud = Cloud::new().await;
    let named = things::make(&cloud).await;
    let run = [("ImageId", "host"), ("InstanceType", "ecs.g6.large"), ("VSwitchId", "<vswitch>")];
    let two = [("SecurityGroupId", "<security_group>"), ("SecurityGroupIds.1", "<security_group>")];
    let zones = [("VpcId", "<vpc>"), ("AddressType", "Intranet"), ("ZoneMappings.1.ZoneId", "cn-hangzhou-x")];
    let vswitch = [("ZoneMappings.1.VSwitchId", "<vswitch>")];
    let more = [("ZoneMappings.2.ZoneId", "cn-hangzhou-k"), ("ZoneMappings.2.VSwitchId", "<other_vswitch>")];
    let policy = [("SecurityGroupId", "<security_group>"), ("InnerAccessPolicy", "maybe")];
    for (product, action, params, refusal) in [
        (Ecs, "ModifySecurityGroupPolicy", policy.to_vec(), code(400, "InvalidPolicy.Malformed")),
        (
            Ecs,
            "DescribeSecurityGroups",
            vec![("SecurityGroupType", "huge")],
            code(400, "InvalidParameter.SecurityGroupType"),
        ),
        (
            Ecs,
            "RunInstances",
            [run.as_slice(), &two].concat(),
            code(400, "InvalidSecurityGroupId.SingleIdAndMultiIdConflict"),
        ),
        (
            Ecs,
            "RunInstances",
            [&run[..2], &[("ZoneId", "cn-hangzhou-x")]].concat(),
            code(404, "InvalidZoneId.NotFound"),
        ),
        (Ecs, "DescribeInstanceAutoRenewAttribute", vec![], code(403, "MissingParameter.InstanceId")),
        (
            Nlb,
            "CreateLoadBalancer",
            [zones.as_slice(), &vswitch, &more].concat(),
            code(403, "UnauthorizedZone"),
        ),
    ] {
        let params: Vec<_> = params.iter().map(|(key, text)| (*key, named.fill(text))).collect();
        let params: Vec<_> = params.iter().map(|(key, text)| (*key, text.as_str())).collect();
        assert_eq!(cloud.refused(product, action, &params).await, refusal, "{action}");
    }
}
