"""The Terraform provider's way to call: the older signature, parameters in the form body, a wait on a status after each write.

The provider's own program needs its registry. What it sends, reads and waits for is written down here, resource by resource,
as its 1.246 does it.
"""

import ipaddress
import json
import time
import uuid
from types import SimpleNamespace

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from record import recorded
from sdk import PATIENCE, REGION, ZONES, flat

VERSIONS = {
    "BssOpenApi": "2017-12-14",
    "Ecs": "2014-05-26",
    "Nlb": "2022-04-30",
    "Privatelink": "2020-04-15",
    "Sts": "2015-04-01",
    "Vpc": "2016-04-28",
}
CREATE_AGAIN = {"ConcurrentCallNotSupported", "Conflict.Lock", "OperationFailed.ResourceIsConfiguring", "SystemBusy"}


class Caller:
    """Signs and sends as the provider does."""

    def __init__(self, address, certificate):
        self.host, port = address.split(":")
        self.client = AcsClient("dev", "dev", REGION, port=int(port), verify=certificate)

    def call(self, product, action, secure=False, in_query=False, **parameters):
        request = CommonRequest(
            domain=self.host, version=VERSIONS[product], action_name=action, product=product
        )
        request.set_protocol_type("https" if secure else "http")
        request.set_method("POST")
        request.set_accept_format("JSON")
        add = request.add_query_param if in_query else request.add_body_params
        for name, value in {"RegionId": REGION, **flat(parameters)}.items():
            add(name, value)
        if in_query:
            request.add_query_param("SignatureType", "")
        with recorded(f"{product.lower()}.{action}", parameters):
            return json.loads(self.client.do_action_with_exception(request))

    def write(self, product, action, **parameters):
        """With a token that stays the same when the call is tried again."""
        token = f"TF-{action}-{uuid.uuid4()}"[:64]
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.call(product, action, ClientToken=token, **parameters)
            except ServerException as error:
                if error.get_error_code() not in CREATE_AGAIN or time.monotonic() > end:
                    raise
                time.sleep(0.1)


class Resource:
    """A resource of a configuration: `make` creates it, `read` gives its attributes or None when it is gone."""

    #: Error codes that mean that it is gone.
    GONE = set()

    def __init__(self, caller, **wanted):
        self.caller, self.wanted = caller, wanted
        self.at = SimpleNamespace(**wanted)

    def apply(self):
        self.make()
        self.until(lambda: self.status() in self.READY)
        return self

    #: Statuses that end the wait after creation.
    READY = {"Available"}

    def status(self):
        return (self.read() or {}).get("status")

    def read(self):
        try:
            return self.show()
        except ServerException as error:
            if error.get_error_code() in self.GONE:
                return None
            raise

    def drift(self):
        """What a second plan would want to change: must be nothing."""
        seen = self.read() or {}
        return {name: (value, seen.get(name)) for name, value in self.wanted.items() if seen.get(name) != value}

    def destroy(self):
        self.remove()
        self.until(lambda: self.read() is None)

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"{type(self).__name__} {self.id}: {self.read()}"
            time.sleep(0.05)

    def job_done(self, answer):
        """An asynchronous answer of the NLB product."""
        job = lambda: self.caller.call("Nlb", "GetJobStatus", JobId=answer["JobId"])["Status"]
        self.until(lambda: job() == "Succeeded")


class Vpc(Resource):
    GONE = {"InvalidVpcID.NotFound", "InvalidVpcId.NotFound", "InvalidResource.NotFound"}

    def make(self):
        wanted = {"CidrBlock": self.at.cidr_block, "VpcName": self.at.vpc_name, "EnableIpv6": self.at.enable_ipv6, "DryRun": False}
        self.id = self.caller.write("Vpc", "CreateVpc", **wanted)["VpcId"]

    def show(self):
        seen = self.caller.call("Vpc", "DescribeVpcAttribute", VpcId=self.id)
        tables = self.caller.call("Vpc", "DescribeRouteTableList", VpcId=self.id)["RouterTableList"]
        (system,) = [one for one in tables["RouterTableListType"] if one["RouteTableType"] == "System"]
        return {
            "status": seen["Status"], "cidr_block": seen["CidrBlock"], "vpc_name": seen["VpcName"],
            "route_table_id": system["RouteTableId"], "enable_ipv6": seen["EnabledIpv6"],
        }

    def remove(self):
        self.caller.write("Vpc", "DeleteVpc", VpcId=self.id)


class VSwitch(Resource):
    GONE = {"InvalidVSwitchId.NotFound", "InvalidVswitchID.NotFound"}

    def make(self):
        wanted = {"VpcId": self.at.vpc_id, "ZoneId": self.at.zone_id, "CidrBlock": self.at.cidr_block}
        more = {"VSwitchName": self.at.vswitch_name, "Ipv6CidrBlock": self.at.ipv6_cidr_block_mask}
        made = self.caller.write("Vpc", "CreateVSwitch", **wanted, **more)
        self.id = made["VSwitchId"]

    def show(self):
        seen = self.caller.call("Vpc", "DescribeVSwitchAttributes", VSwitchId=self.id)
        # The provider takes an empty id for a vSwitch that is gone.
        return seen["VSwitchId"] and {
            "status": seen["Status"], "vpc_id": seen["VpcId"], "zone_id": seen["ZoneId"],
            "cidr_block": seen["CidrBlock"], "vswitch_name": seen["VSwitchName"],
            "ipv6_cidr_block_mask": ipaddress.ip_network(seen["Ipv6CidrBlock"]).network_address.packed[7],
        } or None

    def remove(self):
        self.caller.write("Vpc", "DeleteVSwitch", VSwitchId=self.id)


class SecurityGroup(Resource):
    READY = {None}
    GONE = {"InvalidSecurityGroupId.NotFound"}

    def make(self):
        wanted = {"VpcId": self.at.vpc_id, "SecurityGroupName": self.at.name, "SecurityGroupType": "normal"}
        self.id = self.caller.write("Ecs", "CreateSecurityGroup", in_query=True, **wanted)["SecurityGroupId"]

    def show(self):
        found = self.caller.call("Ecs", "DescribeSecurityGroups", in_query=True, SecurityGroupId=self.id)
        groups = found["SecurityGroups"]["SecurityGroup"]
        if not groups:
            return None
        seen = self.caller.call("Ecs", "DescribeSecurityGroupAttribute", in_query=True, SecurityGroupId=self.id)
        assert seen["InnerAccessPolicy"] == "Accept"
        return {"vpc_id": groups[0]["VpcId"], "name": seen["SecurityGroupName"]}

    def remove(self):
        self.caller.write("Ecs", "DeleteSecurityGroup", in_query=True, SecurityGroupId=self.id)


class SecurityGroupRule(Resource):
    READY = {None}
    GONE = {"InvalidSecurityGroupId.NotFound"}

    def make(self):
        permission = {
            "IpProtocol": self.at.ip_protocol, "PortRange": self.at.port_range, "Policy": self.at.policy,
            "Priority": self.at.priority, "SourceCidrIp": self.at.cidr_ip,
        }
        group = {"SecurityGroupId": self.at.security_group_id}
        self.caller.write("Ecs", "AuthorizeSecurityGroup", in_query=True, Permissions=[permission], **group)
        self.id = ":".join(map(str, self.wanted.values()))

    def show(self):
        group = {"SecurityGroupId": self.at.security_group_id, "Direction": "ingress", "NicType": "intranet"}
        seen = self.caller.call("Ecs", "DescribeSecurityGroupAttribute", in_query=True, **group)
        shown = lambda rule: {
            "security_group_id": self.at.security_group_id, "ip_protocol": rule["IpProtocol"].lower(),
            "port_range": rule["PortRange"], "policy": rule["Policy"].lower(), "priority": int(rule["Priority"]),
            "cidr_ip": rule["SourceCidrIp"],
        }
        return next((rule for rule in map(shown, seen["Permissions"]["Permission"]) if rule == self.wanted), None)

    def remove(self):
        """Over TLS whatever the configuration says, with flat parameters."""
        self.caller.call(
            "Ecs", "RevokeSecurityGroup", secure=True, in_query=True, SecurityGroupId=self.at.security_group_id,
            IpProtocol=self.at.ip_protocol, PortRange=self.at.port_range, Policy=self.at.policy,
            Priority=self.at.priority, SourceCidrIp=self.at.cidr_ip, NicType="intranet",
        )


class Instance(Resource):
    READY = {"Running"}
    GONE = {"InvalidInstanceId.NotFound", "Forbidden.InstanceNotFound"}

    def make(self):
        wanted = {
            "ImageId": self.at.image_id, "InstanceType": self.at.instance_type, "InstanceName": self.at.instance_name,
            "VSwitchId": self.at.vswitch_id, "SecurityGroupIds": self.at.security_groups,
            "InternetMaxBandwidthOut": 0, "IoOptimized": "optimized", "InstanceChargeType": "PostPaid",
            "SpotStrategy": "NoSpot", "Amount": 1,
        }
        made = self.caller.write("Ecs", "RunInstances", **wanted)
        self.id = made["InstanceIdSets"]["InstanceIdSet"][0]

    def show(self):
        ask = lambda action, **more: self.caller.call("Ecs", action, InstanceId=self.id, **more)
        ids = {"InstanceIds": json.dumps([self.id]), "AdditionalAttributes": ["META_OPTIONS"]}
        found = self.caller.call("Ecs", "DescribeInstances", **ids)["Instances"]["Instance"]
        if not found:
            return None
        (disk,) = ask("DescribeDisks", DiskType="system")["Disks"]["Disk"]
        assert disk["Category"] and disk["Size"] and ask("DescribeUserData")["UserData"] == ""
        assert ask("DescribeInstanceAttribute")["InstanceId"] == self.id
        ids = {"InstanceId": [self.id]}
        entries = self.caller.call("Ecs", "DescribeInstanceMaintenanceAttributes", **ids)["MaintenanceAttributes"]
        assert entries["MaintenanceAttribute"]
        ids = {"InstanceIds": json.dumps([self.id])}
        entries = self.caller.call("Ecs", "DescribeInstanceAttachmentAttributes", **ids)
        assert entries["Instances"]["Instance"]
        (seen,) = found
        return {
            "status": seen["Status"], "image_id": seen["ImageId"], "instance_type": seen["InstanceType"],
            "instance_name": seen["InstanceName"], "vswitch_id": seen["VpcAttributes"]["VSwitchId"],
            "security_groups": seen["SecurityGroupIds"]["SecurityGroupId"],
        }

    def change_type(self, wanted):
        """What needs a stopped instance is asked for when its status says so; no refusal of it is tried again."""
        is_in = lambda status: self.until(lambda: self.status() == status)
        self.caller.write("Ecs", "StopInstance", InstanceId=self.id, StoppedMode="Not-applicable", ForceStop=False)
        is_in("Stopped")
        self.caller.write("Ecs", "ModifyInstanceSpec", InstanceId=self.id, InstanceType=wanted)
        self.wanted["instance_type"] = wanted
        self.until(lambda: not self.drift())
        self.caller.write("Ecs", "StartInstance", InstanceId=self.id)
        is_in("Running")

    def remove(self):
        self.caller.write("Ecs", "DeleteInstance", InstanceId=self.id, Force=True)


class LoadBalancer(Resource):
    READY = {"Active"}
    GONE = {"ResourceNotFound.loadBalancer"}

    def make(self):
        zones = [{"ZoneId": zone, "VSwitchId": vswitch} for zone, vswitch in self.at.zone_mappings]
        wanted = {"LoadBalancerName": self.at.load_balancer_name, "AddressType": "Intranet", "VpcId": self.at.vpc_id}
        more = {"LoadBalancerType": "Network", "AddressIpVersion": self.at.address_ip_version, "ZoneMappings": zones}
        self.id = self.caller.write("Nlb", "CreateLoadBalancer", **wanted, **more)["LoadbalancerId"]

    def show(self):
        seen = self.caller.call("Nlb", "GetLoadBalancerAttribute", LoadBalancerId=self.id)
        assert seen["AddressType"] == "Intranet"
        return {
            "status": seen["LoadBalancerStatus"], "vpc_id": seen["VpcId"], "address_ip_version": seen["AddressIpVersion"],
            "load_balancer_name": seen["LoadBalancerName"],
            "zone_mappings": [(zone["ZoneId"], zone["VSwitchId"]) for zone in seen["ZoneMappings"]],
        }

    def remove(self):
        self.job_done(self.caller.write("Nlb", "DeleteLoadBalancer", LoadBalancerId=self.id))


class ServerGroup(Resource):
    def make(self):
        wanted = {
            "ServerGroupName": self.at.server_group_name, "VpcId": self.at.vpc_id, "Scheduler": self.at.scheduler,
            "Protocol": "TCP", "ServerGroupType": "Instance", "AddressIPVersion": self.at.address_ip_version,
            "HealthCheckConfig": {"HealthCheckEnabled": True, "HealthCheckType": "TCP", "HealthCheckInterval": 5},
        }
        made = self.caller.write("Nlb", "CreateServerGroup", **wanted)
        self.id = made["ServerGroupId"]
        self.job_done(made)

    def show(self):
        groups = self.caller.call("Nlb", "ListServerGroups", ServerGroupIds=[self.id])["ServerGroups"]
        shown = lambda seen: {
            "status": seen["ServerGroupStatus"], "server_group_name": seen["ServerGroupName"],
            "vpc_id": seen["VpcId"], "scheduler": seen["Scheduler"], "address_ip_version": seen["AddressIPVersion"],
        }
        return shown(groups[0]) if groups else None

    def remove(self):
        self.job_done(self.caller.write("Nlb", "DeleteServerGroup", ServerGroupId=self.id))


class ServerAttachment(Resource):
    GONE = {"ResourceNotFound.serverGroup", "ResourceNotFound.BackendServer"}

    def make(self):
        server = {"ServerId": self.at.server_id, "ServerType": "Ecs", "Port": self.at.port}
        group = {"ServerGroupId": self.at.server_group_id}
        self.job_done(self.caller.write("Nlb", "AddServersToServerGroup", Servers=[server], **group))
        weighed = [{**server, "Weight": self.at.weight}]
        self.job_done(self.caller.write("Nlb", "UpdateServerGroupServersAttribute", Servers=weighed, **group))
        self.id = f"{self.at.server_group_id}_{self.at.server_id}__Ecs_{self.at.port}"

    def show(self):
        which = {"ServerGroupId": self.at.server_group_id, "ServerIds": [self.at.server_id]}
        for seen in self.caller.call("Nlb", "ListServerGroupServers", **which)["Servers"]:
            if (seen["Port"], seen["ServerType"]) == (self.at.port, "Ecs"):
                return {
                    "status": seen["Status"], "server_group_id": seen["ServerGroupId"], "port": seen["Port"],
                    "server_id": seen["ServerId"], "weight": seen["Weight"],
                }
        return None

    def remove(self):
        server = {"ServerId": self.at.server_id, "ServerType": "Ecs", "Port": self.at.port}
        group = {"ServerGroupId": self.at.server_group_id}
        self.job_done(self.caller.write("Nlb", "RemoveServersFromServerGroup", Servers=[server], **group))


class Listener(Resource):
    READY = {"Running"}
    GONE = {"ResourceNotFound.listener"}

    def make(self):
        wanted = {
            "LoadBalancerId": self.at.load_balancer_id, "ListenerProtocol": self.at.listener_protocol,
            "ListenerPort": self.at.listener_port, "ServerGroupId": self.at.server_group_id, "IdleTimeout": 900,
        }
        made = self.caller.write("Nlb", "CreateListener", **wanted)
        self.id = made["ListenerId"]
        self.job_done(made)

    def show(self):
        seen = self.caller.call("Nlb", "GetListenerAttribute", ListenerId=self.id)
        return {
            "status": seen["ListenerStatus"], "load_balancer_id": seen["LoadBalancerId"],
            "listener_protocol": seen["ListenerProtocol"], "listener_port": seen["ListenerPort"],
            "server_group_id": seen["ServerGroupId"],
        }

    def remove(self):
        self.job_done(self.caller.write("Nlb", "DeleteListener", ListenerId=self.id))


class EndpointService(Resource):
    READY = {"Active"}
    GONE = {"EndpointServiceNotFound"}

    def make(self):
        wanted = {"AutoAcceptEnabled": self.at.auto_accept_connection, "ServiceResourceType": "nlb", "Payer": "Endpoint"}
        wanted |= {"ServiceDescription": self.at.service_description, "AddressIpVersion": self.at.address_ip_version}
        self.id = self.caller.write("Privatelink", "CreateVpcEndpointService", **wanted)["ServiceId"]

    def show(self):
        seen = self.caller.call("Privatelink", "GetVpcEndpointServiceAttribute", ServiceId=self.id)
        tagged = {"ResourceType": "VpcEndpointService", "ResourceId": [self.id]}
        assert self.caller.call("Privatelink", "ListTagResources", **tagged)["TagResources"] == []
        return {
            "status": seen["ServiceStatus"], "auto_accept_connection": seen["AutoAcceptEnabled"],
            "service_description": seen["ServiceDescription"], "address_ip_version": seen["AddressIpVersion"],
        }

    def remove(self):
        self.caller.write("Privatelink", "DeleteVpcEndpointService", ServiceId=self.id)


class ServiceResource(Resource):
    READY = {None}
    GONE = {"EndpointServiceNotFound"}

    def which(self):
        where = {"ResourceId": self.at.resource_id, "ResourceType": "nlb", "ZoneId": self.at.zone_id}
        return {"ServiceId": self.at.service_id, **where}

    def make(self):
        self.id = f"{self.at.service_id}:{self.at.resource_id}:{self.at.zone_id}"
        self.caller.write("Privatelink", "AttachResourceToVpcEndpointService", **self.which())
        self.until(lambda: self.read())

    def show(self):
        which = {"ServiceId": self.at.service_id, "MaxResults": 50}
        for seen in self.caller.call("Privatelink", "ListVpcEndpointServiceResources", **which)["Resources"]:
            if (seen["ResourceId"], seen["ZoneId"]) == (self.at.resource_id, self.at.zone_id):
                return self.wanted
        return None

    def remove(self):
        self.caller.write("Privatelink", "DetachResourceFromVpcEndpointService", **self.which())


class ServiceUser(Resource):
    READY = {None}
    GONE = {"EndpointServiceNotFound"}

    def which(self):
        return {"ServiceId": self.at.service_id, "UserId": self.at.user_id}

    def make(self):
        self.id = f"{self.at.service_id}:{self.at.user_id}"
        self.caller.write("Privatelink", "AddUserToVpcEndpointService", **self.which())

    def show(self):
        users = self.caller.call("Privatelink", "ListVpcEndpointServiceUsers", **self.which())["Users"]
        return {**self.wanted, "user_id": str(users[0]["UserId"])} if users else None

    def remove(self):
        self.caller.write("Privatelink", "RemoveUserFromVpcEndpointService", **self.which())


class Endpoint(Resource):
    READY = {"Active"}
    GONE = {"EndpointNotFound"}

    def make(self):
        wanted = {
            "EndpointName": self.at.vpc_endpoint_name, "VpcId": self.at.vpc_id, "ServiceId": self.at.service_id,
            "SecurityGroupId": self.at.security_group_ids, "EndpointType": "Interface", "ProtectedEnabled": False,
            "AddressIpVersion": self.at.address_ip_version,
        }
        self.id = self.caller.write("Privatelink", "CreateVpcEndpoint", **wanted)["EndpointId"]

    def show(self):
        seen = self.caller.call("Privatelink", "GetVpcEndpointAttribute", EndpointId=self.id)
        tagged = {"ResourceType": "VpcEndpoint", "ResourceId": [self.id]}
        assert self.caller.call("Privatelink", "ListTagResources", **tagged)["TagResources"] == []
        groups = self.caller.call("Privatelink", "ListVpcEndpointSecurityGroups", EndpointId=self.id)
        return {
            "status": seen["EndpointStatus"], "vpc_endpoint_name": seen["EndpointName"], "vpc_id": seen["VpcId"],
            "service_id": seen["ServiceId"], "address_ip_version": seen["AddressIpVersion"],
            "security_group_ids": [group["SecurityGroupId"] for group in groups["SecurityGroups"]],
        }

    def remove(self):
        self.caller.write("Privatelink", "DeleteVpcEndpoint", EndpointId=self.id)


class EndpointZone(Resource):
    READY = {"Wait", "Connected"}
    GONE = {"EndpointZoneNotFound", "EndpointNotFound"}

    def make(self):
        where = {"ZoneId": self.at.zone_id, "VSwitchId": self.at.vswitch_id}
        self.caller.write("Privatelink", "AddZoneToVpcEndpoint", EndpointId=self.at.endpoint_id, **where)
        self.id = f"{self.at.endpoint_id}:{self.at.zone_id}"

    def show(self):
        zones = self.caller.call("Privatelink", "ListVpcEndpointZones", EndpointId=self.at.endpoint_id, MaxResults=50)
        for seen in zones["Zones"]:
            if seen["ZoneId"] == self.at.zone_id:
                assert seen["EniIp"] and seen["EniId"] and seen["ZoneDomain"]
                return {**self.wanted, "status": seen["ZoneStatus"], "vswitch_id": seen["VSwitchId"]}
        return None

    def remove(self):
        which = {"EndpointId": self.at.endpoint_id, "ZoneId": self.at.zone_id}
        self.caller.write("Privatelink", "RemoveZoneFromVpcEndpoint", **which)


class Connection(Resource):
    READY = {"Connected"}

    def which(self):
        return {"ServiceId": self.at.service_id, "EndpointId": self.at.endpoint_id}

    def make(self):
        self.id = f"{self.at.service_id}:{self.at.endpoint_id}"
        self.caller.write("Privatelink", "EnableVpcEndpointConnection", Bandwidth=self.at.bandwidth, **self.which())

    def show(self):
        found = self.caller.call("Privatelink", "ListVpcEndpointConnections", **self.which())["Connections"]
        return found and {**self.wanted, "status": found[0]["ConnectionStatus"], "bandwidth": found[0]["Bandwidth"]}

    def remove(self):
        self.caller.write("Privatelink", "DisableVpcEndpointConnection", **self.which())
        self.until(lambda: self.status() == "Disconnected")

    def destroy(self):
        """It ends as Disconnected: it is there as long as its endpoint."""
        self.remove()


def zones_of(vswitches):
    """The zone mappings of vSwitches in order."""
    return [(zone, vswitch.id) for zone, vswitch in zip(ZONES, vswitches)]
