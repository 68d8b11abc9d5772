// The network interfaces of an instance, and their IPv6 addresses, which come and go.
import { list, text, texts, type Answer } from "../../api/call.ts";
import { single, strs, type FormSpec } from "../../kit/form.ts";
import { ipv6Of } from "../../kit/ipv6.ts";
import type { ListSpec } from "../../kit/list.tsx";
import { Ids } from "../../kit/ids.tsx";
import { Said, Status } from "../../kit/status.tsx";

const which = (row: Answer) => ({ NetworkInterfaceId: text(row, "NetworkInterfaceId") });

const assign = (row: Answer): FormSpec => ({
  title: "assignIpv6",
  steps: single("assignIpv6", [
    { name: "Ipv6AddressCount", label: "ipv6Count", kind: "number", least: 1, most: 10, initial: 1, required: true, hint: "ipv6CountHint" },
  ]),
  call: (entries) => ({ product: "Ecs", action: "AssignIpv6Addresses", params: { ...which(row), Ipv6AddressCount: entries["Ipv6AddressCount"] } }),
});

const unassign = (row: Answer): FormSpec => ({
  title: "unassignIpv6",
  steps: single("unassignIpv6", [
    { name: "Ipv6Address", label: "ipv6Addresses", kind: "several", required: true, options: ipv6Of(row).map((value) => ({ value, label: { text: value } })) },
  ]),
  call: (entries) => ({ product: "Ecs", action: "UnassignIpv6Addresses", params: { ...which(row), Ipv6Address: strs(entries["Ipv6Address"]) } }),
});

export const interfaces = (instance: string): ListSpec => ({
  title: "networkInterfaces",
  call: { product: "Ecs", action: "DescribeNetworkInterfaces", params: { InstanceId: instance } },
  paging: "number",
  rows: (answer) => list(answer, "NetworkInterfaceSets.NetworkInterfaceSet"),
  id: (row) => text(row, "NetworkInterfaceId"),
  columns: [
    { title: "id", show: (row) => text(row, "NetworkInterfaceId") },
    { title: "type", show: (row) => <Said word={text(row, "Type")} /> },
    { title: "vswitch", show: (row) => <Ids of={[text(row, "VSwitchId")]} /> },
    { title: "ipAddress", show: (row) => list(row, "PrivateIpSets.PrivateIpSet").map((set) => text(set, "PrivateIpAddress")).join(", ") },
    { title: "ipv6Addresses", show: (row) => ipv6Of(row).join(", ") },
    { title: "securityGroups", show: (row) => <Ids of={texts(row, "SecurityGroupIds.SecurityGroupId")} /> },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  empty: "noInterfaces",
  actions: [
    { label: "assignIpv6", form: assign },
    { label: "unassignIpv6", form: unassign, when: (row) => ipv6Of(row).length > 0 },
  ],
});
