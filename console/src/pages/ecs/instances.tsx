import { Link } from "react-router";
import { list, text, texts, type Answer } from "../../api/call.ts";
import { base64 } from "../../api/base64.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { ipv6Of } from "../../kit/ipv6.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup, securityGroups, vpcs, vswitches } from "../../kit/offers.ts";
import { among, ofVpc, ofZone } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

const create: FormSpec = {
  title: "createInstance",
  steps: single("createInstance", [
    { name: "InstanceName", label: "instanceName", kind: "text", required: true },
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs, resets: ["VSwitchId", "SecurityGroupIds"] },
    { name: "VSwitchId", label: "vswitch", kind: "offered", required: true, offer: (entries) => vswitches(entries["VpcId"]) },
    { name: "SecurityGroupIds", label: "securityGroups", kind: "offeredSeveral", hint: "defaultSecurityGroup", offer: (entries) => securityGroups(entries["VpcId"]) },
    { name: "PrivateIpAddress", label: "ipAddress", kind: "text", hint: "addressHint" },
    { name: "Ipv6AddressCount", label: "ipv6Count", kind: "number", least: 0, most: 10, hint: "ipv6CountHint" },
    { name: "UserData", label: "userData", kind: "area", hint: "userDataHint" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Ecs",
    action: "RunInstances",
    params: {
      ImageId: "host",
      InstanceName: str(entries["InstanceName"]),
      VSwitchId: str(entries["VSwitchId"]),
      SecurityGroupIds: entries["SecurityGroupIds"],
      PrivateIpAddress: str(entries["PrivateIpAddress"]),
      Ipv6AddressCount: entries["Ipv6AddressCount"] || undefined,
      UserData: base64(str(entries["UserData"])),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const which = (action: string) => (row: Answer) => ({
  product: "Ecs" as const,
  action,
  params: { InstanceId: text(row, "InstanceId") },
});

const instances: ListSpec = {
  title: "instances",
  call: { product: "Ecs", action: "DescribeInstances" },
  paging: "number",
  rows: (answer) => list(answer, "Instances.Instance"),
  id: (row) => text(row, "InstanceId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/ecs/instances/${text(row, "InstanceId")}`}>{text(row, "InstanceId")}</Link> },
    { title: "name", show: (row) => text(row, "InstanceName") },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcAttributes.VpcId")]} /> },
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "ipAddress", show: (row) => texts(row, "VpcAttributes.PrivateIpAddress.IpAddress").join(", ") },
    { title: "ipv6Addresses", show: (row) => list(row, "NetworkInterfaces.NetworkInterface").flatMap(ipv6Of).join(", ") },
  ],
  search: searches.instances,
  filters: [ofVpc(), ofZone, among("status", "Status", ["Pending", "Starting", "Running", "Stopping", "Stopped"])],
  empty: "noInstances",
  create: [create],
  actions: [
    { label: "start", confirm: "startInstance", call: which("StartInstance"), when: (row) => text(row, "Status") === "Stopped" },
    { label: "stop", confirm: "stopInstance", call: which("StopInstance"), when: (row) => text(row, "Status") === "Running" },
    { label: "reboot", confirm: "rebootInstance", call: which("RebootInstance"), when: (row) => text(row, "Status") === "Running" },
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Ecs", action: "DeleteInstance", params: { InstanceId: text(row, "InstanceId"), Force: true } }),
    },
  ],
};

export default function Instances() {
  return <List spec={instances} />;
}
