"""The resources of the Terraform provider that the walkthrough does not need, and what it calls when an argument changes.

As `terraform.py`: what the provider sends, reads and waits for.
"""

import json

from terraform import Resource


class Changing(Resource):
    """A resource that is changed in place."""

    def change(self, **wanted):
        """What an apply with other arguments does; afterwards there is nothing to change."""
        for name, value in wanted.items():
            self.wanted[name] = value
            setattr(self.at, name, value)
        self.update()
        self.until(lambda: not self.drift())


class NetworkInterface(Changing):
    GONE = {"InvalidEniId.NotFound", "InvalidEcsId.NotFound"}
    READY = {"Available"}

    def make(self):
        wanted = {
            "VSwitchId": self.at.vswitch_id, "SecurityGroupIds": self.at.security_group_ids, "Description": self.at.description,
            "NetworkInterfaceName": self.at.network_interface_name, "PrivateIpAddress": self.at.private_ip_addresses,
        }
        self.id = self.caller.write("Ecs", "CreateNetworkInterface", **wanted)["NetworkInterfaceId"]

    def show(self):
        which = {"NetworkInterfaceId": [self.id], "PageSize": 50, "PageNumber": 1}
        found = self.caller.call("Ecs", "DescribeNetworkInterfaces", **which)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        if not found:
            return None
        (seen,) = found
        others = [one["PrivateIpAddress"] for one in seen["PrivateIpSets"]["PrivateIpSet"] if not one["Primary"]]
        assert seen["MacAddress"] and seen["Tags"]["Tag"] == []
        return {
            "status": seen["Status"], "vswitch_id": seen["VSwitchId"], "description": seen["Description"],
            "network_interface_name": seen["NetworkInterfaceName"], "private_ip_addresses": others,
            "security_group_ids": seen["SecurityGroupIds"]["SecurityGroupId"], "instance_id": seen["InstanceId"],
        }

    def update(self):
        which = {"NetworkInterfaceId": self.id}
        named = {"NetworkInterfaceName": self.at.network_interface_name, "Description": self.at.description}
        groups = {"SecurityGroupId": self.at.security_group_ids}
        self.caller.write("Ecs", "ModifyNetworkInterfaceAttribute", **which, **named, **groups)
        before, wanted = set(self.read()["private_ip_addresses"]), set(self.at.private_ip_addresses)
        if gone := sorted(before - wanted):
            self.caller.write("Ecs", "UnassignPrivateIpAddresses", PrivateIpAddress=gone, **which)
        if new := sorted(wanted - before):
            self.caller.write("Ecs", "AssignPrivateIpAddresses", PrivateIpAddress=new, **which)

    def remove(self):
        self.caller.write("Ecs", "DeleteNetworkInterface", NetworkInterfaceId=self.id)


class Attachment(Resource):
    """Of a network interface to an instance."""

    READY = {"InUse"}

    def which(self):
        return {"InstanceId": self.at.instance_id, "NetworkInterfaceId": self.at.interface.id}

    def make(self):
        self.caller.write("Ecs", "AttachNetworkInterface", **self.which())
        self.id = f"{self.at.interface.id}:{self.at.instance_id}"

    def show(self):
        seen = self.at.interface.read()
        attached = seen and seen["instance_id"]
        return {**self.wanted, "status": seen["status"], "instance_id": attached} if attached else None

    def remove(self):
        self.caller.write("Ecs", "DetachNetworkInterface", **self.which())
        self.until(lambda: self.at.interface.status() == "Available")


class GroupOfLoadBalancer(Resource):
    READY = {None}

    def which(self):
        return {"LoadBalancerId": self.at.load_balancer_id, "SecurityGroupIds": [self.at.security_group_id]}

    def make(self):
        self.job_done(self.caller.write("Nlb", "LoadBalancerJoinSecurityGroup", **self.which()))
        self.id = f"{self.at.load_balancer_id}:{self.at.security_group_id}"

    def show(self):
        seen = self.caller.call("Nlb", "GetLoadBalancerAttribute", LoadBalancerId=self.at.load_balancer_id)
        return self.wanted if self.at.security_group_id in seen["SecurityGroupIds"] else None

    def remove(self):
        self.job_done(self.caller.write("Nlb", "LoadBalancerLeaveSecurityGroup", **self.which()))


class SecurityPolicy(Changing):
    def named(self):
        return {
            "SecurityPolicyName": self.at.security_policy_name, "TlsVersions": self.at.tls_versions, "Ciphers": self.at.ciphers,
        }

    def make(self):
        self.id = self.caller.write("Nlb", "CreateSecurityPolicy", **self.named())["SecurityPolicyId"]

    def show(self):
        found = self.caller.call("Nlb", "ListSecurityPolicy", SecurityPolicyIds=[self.id])["SecurityPolicies"]
        if not found:
            return None
        (seen,) = found
        return {
            "status": seen["SecurityPolicyStatus"], "security_policy_name": seen["SecurityPolicyName"],
            "tls_versions": seen["TlsVersion"].split(","), "ciphers": seen["Ciphers"].split(","),
        }

    def update(self):
        changed = self.caller.write("Nlb", "UpdateSecurityPolicyAttribute", SecurityPolicyId=self.id, **self.named())
        self.job_done(changed)

    def remove(self):
        self.caller.write("Nlb", "DeleteSecurityPolicy", SecurityPolicyId=self.id)


class SecureListener(Changing):
    READY = {"Running"}
    GONE = {"ResourceNotFound.listener"}

    def changeable(self):
        return {
            "ListenerDescription": self.at.listener_description, "ServerGroupId": self.at.server_group_id,
            "CertificateIds": self.at.certificate_ids, "SecurityPolicyId": self.at.security_policy_id,
            "IdleTimeout": self.at.idle_timeout, "Cps": self.at.cps,
        }

    def make(self):
        where = {"LoadBalancerId": self.at.load_balancer_id, "ListenerProtocol": "TCPSSL", "ListenerPort": 443}
        made = self.caller.write("Nlb", "CreateListener", **where, **self.changeable())
        self.id = made["ListenerId"]
        self.job_done(made)

    def show(self):
        seen = self.caller.call("Nlb", "GetListenerAttribute", ListenerId=self.id)
        return {
            "status": seen["ListenerStatus"], "load_balancer_id": seen["LoadBalancerId"], "cps": seen["Cps"],
            "listener_description": seen["ListenerDescription"], "server_group_id": seen["ServerGroupId"],
            "certificate_ids": seen["CertificateIds"], "security_policy_id": seen["SecurityPolicyId"],
            "idle_timeout": seen["IdleTimeout"],
        }

    def update(self):
        self.job_done(self.caller.write("Nlb", "UpdateListenerAttribute", ListenerId=self.id, **self.changeable()))

    def switch(self, action, status):
        """`status = "Stopped"` in a configuration, and what takes it back."""
        self.job_done(self.caller.write("Nlb", action, ListenerId=self.id))
        self.until(lambda: self.status() == status)

    def remove(self):
        self.job_done(self.caller.write("Nlb", "DeleteListener", ListenerId=self.id))


class AdditionalCertificate(Resource):
    READY = {"Associated"}
    GONE = {"ResourceNotFound.listener", "ResourceNotFound.loadbalancer"}

    def which(self):
        return {"ListenerId": self.at.listener_id, "AdditionalCertificateIds": [self.at.certificate_id]}

    def make(self):
        self.job_done(self.caller.write("Nlb", "AssociateAdditionalCertificatesWithListener", **self.which()))
        self.id = f"{self.at.listener_id}:{self.at.certificate_id}"

    def show(self):
        listed = self.caller.call("Nlb", "ListListenerCertificates", ListenerId=self.at.listener_id, MaxResults=50)
        for seen in listed["Certificates"]:
            if seen["CertificateId"] == self.at.certificate_id:
                return {**self.wanted, "status": seen["Status"]}
        return None

    def remove(self):
        self.job_done(self.caller.write("Nlb", "DisassociateAdditionalCertificatesWithListener", **self.which()))


class MonitorConfig(Changing):
    READY = {None}
    GONE = {"ResourceNotFound.RegionHdMonitorConfig"}

    def make(self):
        self.update()
        self.id = "cn-hangzhou"

    def update(self):
        wanted = {"MetricStore": self.at.metric_store, "LogProject": self.at.log_project}
        self.caller.write("Nlb", "SetHdMonitorRegionConfig", **wanted)

    def show(self):
        seen = self.caller.call("Nlb", "DescribeHdMonitorRegionConfig")
        return {"metric_store": seen["MetricStore"], "log_project": seen["LogProject"]}

    def remove(self):
        self.caller.write("Nlb", "DeleteHdMonitorRegionConfig")


class ZoneShift(Resource):
    READY = {"Shifted"}

    def which(self):
        zone = {"ZoneId": self.at.zone_id, "VSwitchId": self.at.vswitch_id}
        return {"LoadBalancerId": self.at.load_balancer_id, "ZoneMappings": [zone]}

    def make(self):
        self.caller.write("Nlb", "StartShiftLoadBalancerZones", **self.which())
        self.id = f"{self.at.load_balancer_id}:{self.at.vswitch_id}:{self.at.zone_id}"

    def show(self):
        (seen,) = self.caller.call("Nlb", "ListLoadBalancers", LoadBalancerIds=[self.at.load_balancer_id])["LoadBalancers"]
        (zone,) = [zone for zone in seen["ZoneMappings"] if zone["ZoneId"] == self.at.zone_id]
        return {**self.wanted, "status": zone["Status"]} if zone["Status"] == "Shifted" else None

    def remove(self):
        self.caller.write("Nlb", "CancelShiftLoadBalancerZones", **self.which())


class RouteTable(Changing):
    def make(self):
        wanted = {"VpcId": self.at.vpc_id, "RouteTableName": self.at.route_table_name, "Description": self.at.description}
        self.id = self.caller.write("Vpc", "CreateRouteTable", AssociateType="VSwitch", **wanted)["RouteTableId"]

    def show(self):
        listed = self.caller.call("Vpc", "DescribeRouteTableList", RouteTableId=self.id)["RouterTableList"]
        if not listed["RouterTableListType"]:
            return None
        (seen,) = listed["RouterTableListType"]
        assert seen["RouteTableType"] == "Custom"
        return {
            "status": seen["Status"], "vpc_id": seen["VpcId"], "route_table_name": seen["RouteTableName"],
            "description": seen["Description"],
        }

    def update(self):
        named = {"RouteTableName": self.at.route_table_name, "Description": self.at.description}
        self.caller.write("Vpc", "ModifyRouteTableAttributes", RouteTableId=self.id, **named)

    def remove(self):
        self.caller.write("Vpc", "DeleteRouteTable", RouteTableId=self.id)


class RouteEntry(Resource):
    GONE = {"InvalidRouteEntry.NotFound"}

    def which(self):
        return {
            "RouteTableId": self.at.route_table_id, "DestinationCidrBlock": self.at.destination_cidrblock,
            "NextHopId": self.at.nexthop_id,
        }

    def make(self):
        named = {"NextHopType": self.at.nexthop_type, "RouteEntryName": self.at.name}
        self.caller.write("Vpc", "CreateRouteEntry", **self.which(), **named)
        self.id = ":".join(self.which().values())

    def show(self):
        tables = self.caller.call("Vpc", "DescribeRouteTables", RouteTableId=self.at.route_table_id, PageSize=50)
        for table in tables["RouteTables"]["RouteTable"]:
            for seen in table["RouteEntrys"]["RouteEntry"]:
                if (seen["DestinationCidrBlock"], seen["InstanceId"]) == (self.at.destination_cidrblock, self.at.nexthop_id):
                    return {
                        **self.wanted, "status": seen["Status"], "nexthop_type": seen["NextHopType"],
                        "name": seen["RouteEntryName"],
                    }
        return None

    def remove(self):
        self.caller.write("Vpc", "DeleteRouteEntry", **self.which())


class KeyPair(Resource):
    READY = {None}

    def make(self):
        wanted = {"KeyPairName": self.at.key_pair_name, "PublicKeyBody": self.at.public_key}
        self.print = self.caller.write("Ecs", "ImportKeyPair", **wanted)["KeyPairFingerPrint"]
        self.id = self.at.key_pair_name

    def show(self):
        found = self.caller.call("Ecs", "DescribeKeyPairs", KeyPairName=self.id)["KeyPairs"]["KeyPair"]
        if not found:
            return None
        (seen,) = found
        assert seen["KeyPairFingerPrint"] == self.print and seen["ResourceGroupId"]
        return {**self.wanted, "key_pair_name": seen["KeyPairName"]}

    def remove(self):
        self.caller.write("Ecs", "DeleteKeyPairs", KeyPairNames=json.dumps([self.id]))


def tagged(caller, product, kind, id):
    """The tags of a resource, as the provider reads them after every change of them."""
    listed = caller.call(product, "ListTagResources", ResourceType=kind, ResourceId=[id])["TagResources"]
    listed = listed["TagResource"] if isinstance(listed, dict) else listed
    return {one["TagKey"]: one["TagValue"] for one in listed}


def tag(caller, product, kind, id, wanted, remove="UnTagResources"):
    """`tags = {…}`: what is there and not wanted is taken away first, then what is wanted is set."""
    which = {"ResourceType": kind, "ResourceId": [id]}
    if gone := sorted(tagged(caller, product, kind, id).keys() - wanted.keys()):
        caller.write(product, remove, TagKey=gone, **which)
    if wanted:
        tags = [{"Key": key, "Value": value} for key, value in wanted.items()]
        caller.write(product, "TagResources", Tag=tags, **which)
    assert tagged(caller, product, kind, id) == wanted
