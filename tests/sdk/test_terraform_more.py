"""The provider's other resources, beside the walkthrough: made, found as they were wanted, changed in place, and gone again."""

import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import terraform as tf
import terraform_more as more
from sdk import ZONES
from test_tls import upload

CIPHERS = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]


@pytest.fixture(scope="module")
def caller(sdk):
    return tf.Caller(sdk.address, os.path.join(os.environ["ISTHMUS_STATE"], "tls", "cert.pem"))


@pytest.fixture(scope="module")
def certificates(sdk):
    uploads = [upload(sdk, name) for name in ["one.example", "two.example", "three.example"]]
    yield [one["ResourceId"] for one in uploads]
    for one in uploads:
        sdk.cas.DeleteUserCertificate(CertId=one["CertId"])


@pytest.fixture(scope="module")
def made():
    """Every resource, by a name of the test's own, in the order in which it was made."""
    return {}


@pytest.fixture(scope="module")
def make(caller, made):
    def one(name, kind, /, **wanted):
        made[name] = kind(caller, **wanted).apply()
        return made[name]

    return one


def test_what_the_others_need(make):
    vpc = make("vpc", tf.Vpc, cidr_block="10.0.0.0/16", vpc_name="tf-more", enable_ipv6=True)
    for number, zone in enumerate(ZONES):
        make(
            f"vswitch{number}", tf.VSwitch, vpc_id=vpc.id, zone_id=zone, cidr_block=f"10.0.{number}.0/24",
            vswitch_name=f"tf-{zone}", ipv6_cidr_block_mask=number,
        )
    for name in ["group", "other_group"]:
        make(name, tf.SecurityGroup, vpc_id=vpc.id, name=f"tf-{name}")


def test_interfaces_are_attached_changed_and_routed_to(make, made):
    instance = make(
        "instance", tf.Instance, image_id="host", instance_type="ecs.c6.large", instance_name="tf-more",
        vswitch_id=made["vswitch0"].id, security_groups=[made["group"].id],
    )
    interface = make(
        "interface", more.NetworkInterface, vswitch_id=made["vswitch0"].id, security_group_ids=[made["group"].id],
        network_interface_name="tf-eni", description="of terraform", private_ip_addresses=["10.0.0.50"],
    )
    make("attachment", more.Attachment, interface=interface, instance_id=instance.id)
    interface.change(
        network_interface_name="tf-eni-2", description="renamed", security_group_ids=[made["other_group"].id],
        private_ip_addresses=["10.0.0.51", "10.0.0.52"],
    )
    table = make("table", more.RouteTable, vpc_id=made["vpc"].id, route_table_name="tf-table", description="of terraform")
    hops = [("172.16.0.0/16", "NetworkInterface", interface.id), ("172.17.0.0/16", "Instance", instance.id)]
    for cidr, kind, hop in hops:
        make(
            f"route to {cidr}", more.RouteEntry, route_table_id=table.id, destination_cidrblock=cidr, nexthop_type=kind,
            nexthop_id=hop, name="tf-entry",
        )
    table.change(route_table_name="tf-table-2", description="renamed")


def test_a_key_pair_is_imported(make):
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    make("key pair", more.KeyPair, key_pair_name="tf-key", public_key=text)


def test_a_listener_has_a_policy_and_certificates_of_its_own(make, made, certificates):
    mappings = tf.zones_of([made["vswitch0"], made["vswitch1"]])
    nlb = make(
        "nlb", tf.LoadBalancer, load_balancer_name="tf-more", vpc_id=made["vpc"].id, zone_mappings=mappings,
        address_ip_version="Ipv4",
    )
    servers = make(
        "servers", tf.ServerGroup, server_group_name="tf-more", vpc_id=made["vpc"].id, scheduler="Wrr", address_ip_version="Ipv4"
    )
    # TCPSSL listeners take no group that keeps clients' addresses.
    preserve = {"ServerGroupId": servers.id, "PreserveClientIpEnabled": False}
    servers.job_done(servers.caller.write("Nlb", "UpdateServerGroupAttribute", **preserve))
    policy = make(
        "policy", more.SecurityPolicy, security_policy_name="tf-policy", tls_versions=["TLSv1.2"], ciphers=CIPHERS[:1]
    )
    listener = make(
        "listener", more.SecureListener, load_balancer_id=nlb.id, server_group_id=servers.id, listener_description="tls",
        certificate_ids=certificates[:1], security_policy_id=policy.id, idle_timeout=900, cps=0,
    )
    make("additional", more.AdditionalCertificate, listener_id=listener.id, certificate_id=certificates[2])
    policy.change(security_policy_name="tf-policy-2", ciphers=CIPHERS)
    listener.change(
        listener_description="tls-2", certificate_ids=certificates[1:2], security_policy_id="tls_cipher_policy_1_2",
        idle_timeout=60, cps=100,
    )
    listener.switch("StopListener", "Stopped")
    listener.switch("StartListener", "Running")


def test_a_load_balancer_has_groups_and_a_zone_is_shifted(make, made):
    make("joined", more.GroupOfLoadBalancer, load_balancer_id=made["nlb"].id, security_group_id=made["group"].id)
    zone = {"zone_id": ZONES[1], "vswitch_id": made["vswitch1"].id}
    make("shift", more.ZoneShift, load_balancer_id=made["nlb"].id, **zone)
    config = make("monitor", more.MonitorConfig, metric_store="store", log_project="project")
    config.change(metric_store="store-2")


def test_tags_follow_the_configuration(caller, made):
    kinds = [
        ("Vpc", "VPC", "vpc", "UnTagResources"), ("Vpc", "VSWITCH", "vswitch0", "UnTagResources"),
        ("Ecs", "securitygroup", "group", "UntagResources"), ("Ecs", "eni", "interface", "UntagResources"),
        ("Nlb", "loadbalancer", "nlb", "UntagResources"), ("Nlb", "servergroup", "servers", "UntagResources"),
    ]
    for product, kind, name, remove in kinds:
        for wanted in [{"team": "a", "stage": "test"}, {"team": "b"}, {}]:
            more.tag(caller, product, kind, made[name].id, wanted, remove)


def test_a_second_plan_finds_nothing_to_change(made):
    assert {name: one.drift() for name, one in made.items() if one.drift()} == {}


def test_destroy(made):
    while made:
        made.popitem()[1].destroy()
