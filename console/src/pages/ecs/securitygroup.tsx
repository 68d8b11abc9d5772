import { useParams } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { isIpv6 } from "../../kit/ipv6.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";

type Direction = "ingress" | "egress";

/** The parameter that names the other end: each family has its own. */
function peer(direction: Direction, range: string): string {
  const end = direction === "ingress" ? "SourceCidrIp" : "DestCidrIp";
  return isIpv6(range) ? `Ipv6${end}` : end;
}

const add = (id: string, direction: Direction): FormSpec => ({
  title: "addRule",
  steps: single("addRule", [
    {
      name: "Policy",
      label: "action",
      kind: "select",
      initial: "accept",
      options: [
        { value: "accept", label: "allow" },
        { value: "drop", label: "deny" },
      ],
    },
    { name: "Priority", label: "priority", kind: "number", least: 1, most: 100, initial: 1 },
    {
      name: "IpProtocol",
      label: "protocol",
      kind: "select",
      initial: "tcp",
      options: ["tcp", "udp", "icmp", "icmpv6", "all"].map((value) => ({ value, label: { text: value.toUpperCase() } })),
    },
    {
      name: "PortRange",
      label: "portRange",
      kind: "text",
      required: true,
      initial: "80/80",
      hint: "portRangeHint",
      pattern: /^\d+\/\d+$/,
      when: (e) => ["tcp", "udp"].includes(str(e["IpProtocol"])),
    },
    { name: "Cidr", label: direction === "ingress" ? "source" : "destination", kind: "text", required: true, initial: "0.0.0.0/0", hint: "cidrHint" },
    { name: "Description", label: "description", kind: "text" },
  ]),
  call: (entries) => ({
    product: "Ecs",
    action: direction === "ingress" ? "AuthorizeSecurityGroup" : "AuthorizeSecurityGroupEgress",
    params: {
      SecurityGroupId: id,
      Permissions: [
        {
          Policy: str(entries["Policy"]),
          Priority: entries["Priority"] as number,
          IpProtocol: str(entries["IpProtocol"]),
          PortRange: ["tcp", "udp"].includes(str(entries["IpProtocol"])) ? str(entries["PortRange"]) : "-1/-1",
          [peer(direction, str(entries["Cidr"]))]: str(entries["Cidr"]),
          Description: str(entries["Description"]),
        },
      ],
    },
  }),
});

// What a row says under these names, where it says something.
const words = (row: Answer, ...names: string[]) => names.map((name) => text(row, name)).filter(Boolean).join(" ");

const rules = (id: string, direction: Direction): ListSpec => ({
  title: direction === "ingress" ? "inbound" : "outbound",
  call: { product: "Ecs", action: "DescribeSecurityGroupAttribute", params: { SecurityGroupId: id, Direction: direction } },
  paging: "token",
  rows: (answer) => list(answer, "Permissions.Permission"),
  id: (row) => text(row, "SecurityGroupRuleId"),
  columns: [
    { title: "action", show: (row) => <Said word={text(row, "Policy")} /> },
    { title: "priority", show: (row) => text(row, "Priority") },
    { title: "protocol", show: (row) => text(row, "IpProtocol") },
    { title: "portRange", show: (row) => text(row, "PortRange") },
    { title: "source", show: (row) => words(row, "SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId", "SourcePortRange") },
    { title: "destination", show: (row) => words(row, "DestCidrIp", "Ipv6DestCidrIp", "DestGroupId", "DestPrefixListId") },
    { title: "description", show: (row) => text(row, "Description") },
  ],
  empty: "noRules",
  create: [add(id, direction)],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({
        product: "Ecs",
        action: direction === "ingress" ? "RevokeSecurityGroup" : "RevokeSecurityGroupEgress",
        params: { SecurityGroupId: id, SecurityGroupRuleId: [text(row, "SecurityGroupRuleId")] },
      }),
    },
  ],
});

const detail = (id: string): DetailSpec => ({
  parent: { label: "securityGroups", path: "/ecs/securitygroups" },
  id,
  call: { product: "Ecs", action: "DescribeSecurityGroupAttribute", params: { SecurityGroupId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["name", text(found, "SecurityGroupName")],
    ["vpc", text(found, "VpcId")],
    ["innerAccess", <Status key="inner" status={text(found, "InnerAccessPolicy")} />],
    ["description", text(found, "Description")],
  ],
  tabs: [
    { label: "inbound", show: () => <List level={3} spec={rules(id, "ingress")} /> },
    { label: "outbound", show: () => <List level={3} spec={rules(id, "egress")} /> },
    { label: "tags", show: () => <Tags of={{ product: "Ecs", type: "securitygroup", id }} /> },
  ],
});

export default function SecurityGroup() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
