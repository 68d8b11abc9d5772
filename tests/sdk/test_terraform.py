"""The walkthrough as the Terraform provider runs it: apply, a second plan that finds nothing to change, destroy."""

import os
from types import SimpleNamespace

import pytest

import terraform as tf
from sdk import ZONES

CIDR = "10.0.0.0/16"
SUBNETS = ["10.0.1.0/24", "10.0.2.0/24"]
DUAL = "DualStack"


@pytest.fixture(scope="module")
def caller(sdk):
    certificate = os.path.join(os.environ["ISTHMUS_STATE"], "tls", "cert.pem")
    return tf.Caller(sdk.address, certificate)


@pytest.fixture(scope="module")
def made():
    """Every resource, in the order in which it was made."""
    return []


def network(make, name):
    vpc = make(tf.Vpc, cidr_block=CIDR, vpc_name=name, enable_ipv6=True)
    vswitch = lambda zone, cidr, mask: make(
        tf.VSwitch, vpc_id=vpc.id, zone_id=zone, cidr_block=cidr, vswitch_name=f"{name}-{zone}", ipv6_cidr_block_mask=mask
    )
    vswitches = [vswitch(zone, cidr, mask) for zone, cidr, mask in zip(ZONES, SUBNETS, [0, 255])]
    return SimpleNamespace(vpc=vpc, vswitches=vswitches)


def balancer(make, net):
    group = make(tf.SecurityGroup, vpc_id=net.vpc.id, name="tf-servers")
    instance = make(
        tf.Instance, image_id="host", instance_type="ecs.c6.large", instance_name="tf-ecs-03",
        vswitch_id=net.vswitches[0].id, security_groups=[group.id],
    )
    mappings = tf.zones_of(net.vswitches)
    nlb = make(tf.LoadBalancer, load_balancer_name="tf-nlb", vpc_id=net.vpc.id, zone_mappings=mappings, address_ip_version=DUAL)
    servers = make(tf.ServerGroup, server_group_name="tf-rs", vpc_id=net.vpc.id, scheduler="Wrr", address_ip_version=DUAL)
    make(tf.ServerAttachment, server_group_id=servers.id, server_id=instance.id, port=80, weight=100)
    make(
        tf.Listener, load_balancer_id=nlb.id, listener_protocol="TCP", listener_port=80, server_group_id=servers.id
    )
    return nlb


def test_start_up_needs_one_call(caller):
    listed = caller.call("BssOpenApi", "QueryAvailableInstances", PageNum=1, PageSize=1)
    assert listed["Success"] is True


def test_apply(caller, made):
    def make(kind, **wanted):
        made.append(kind(caller, **wanted).apply())
        return made[-1]

    consumer, provider = network(make, "tf-consumer"), network(make, "tf-provider")
    nlb = balancer(make, provider)
    group = make(tf.SecurityGroup, vpc_id=consumer.vpc.id, name="tf-clients")
    make(
        tf.SecurityGroupRule, security_group_id=group.id, ip_protocol="tcp", port_range="80/80", policy="accept",
        priority=1, cidr_ip=CIDR,
    )
    service = make(tf.EndpointService, auto_accept_connection=False, service_description="terraform", address_ip_version=DUAL)
    for zone in ZONES:
        make(tf.ServiceResource, service_id=service.id, resource_id=nlb.id, zone_id=zone)
    me = caller.call("Sts", "GetCallerIdentity")["AccountId"]
    make(tf.ServiceUser, service_id=service.id, user_id=me)
    endpoint = make(
        tf.Endpoint, vpc_endpoint_name="tf-endpoint", vpc_id=consumer.vpc.id, service_id=service.id,
        security_group_ids=[group.id], address_ip_version=DUAL,
    )
    for zone, vswitch in tf.zones_of(consumer.vswitches):
        make(tf.EndpointZone, endpoint_id=endpoint.id, zone_id=zone, vswitch_id=vswitch)
    make(tf.Connection, service_id=service.id, endpoint_id=endpoint.id, bandwidth=1024)
    assert len(made) == 22


def test_a_second_plan_finds_nothing_to_change(made):
    assert {one.id: one.drift() for one in made if one.drift()} == {}


def test_another_type_is_taken_on_while_the_instance_is_stopped(made):
    (instance,) = [one for one in made if isinstance(one, tf.Instance)]
    instance.change_type("ecs.g6.large")
    assert not instance.drift()


def test_destroy(made):
    while made:
        made.pop().destroy()
