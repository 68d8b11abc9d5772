import { useParams } from "react-router";
import { list, text, type Answer, type Params } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type Entries, type Field, type FormSpec } from "../../kit/form.ts";
import { Ids, Sentence } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { isIpv6 } from "../../kit/ipv6.ts";
import { prefixLists, securityGroups } from "../../kit/offers.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";

type Direction = "ingress" | "egress";

/** The other end of a rule, under the name that its kind, its direction and its family have. */
function peer(direction: Direction, entries: Entries): Params {
  const end = direction === "ingress" ? "Source" : "Dest";
  const range = str(entries["Cidr"]);
  switch (str(entries["Peer"])) {
    case "group":
      return { [`${end}GroupId`]: str(entries["Group"]) };
    case "list":
      return { [`${end}PrefixListId`]: str(entries["List"]) };
    default:
      return { [`${isIpv6(range) ? "Ipv6" : ""}${end}CidrIp`]: range };
  }
}

/** The families that a protocol is of, if it is of one alone. */
const FAMILIES: Record<string, string> = { icmp: "IPv4", icmpv6: "IPv6" };

/** Whom a rule is about: a range of addresses, the members of a group of the same VPC, or the ranges of a list. */
function peerFields(direction: Direction, vpc: string): Field[] {
  const label = direction === "ingress" ? "source" : "destination";
  const chosen = (kind: string) => (entries: Entries) => entries["Peer"] === kind;
  return [
    {
      name: "Peer",
      label: direction === "ingress" ? "sourceType" : "destinationType",
      kind: "select",
      initial: "cidr",
      options: [
        { value: "cidr", label: "cidrBlock" },
        { value: "group", label: "securityGroup" },
        { value: "list", label: "prefixList" },
      ],
    },
    { name: "Cidr", label, kind: "text", required: true, initial: "0.0.0.0/0", hint: "cidrHint", when: chosen("cidr") },
    { name: "Group", label, kind: "offered", required: true, offer: () => securityGroups(vpc), when: chosen("group") },
    { name: "List", label, kind: "offered", required: true, offer: (e) => prefixLists(FAMILIES[str(e["IpProtocol"])] ?? ""), when: chosen("list") },
  ];
}

const add = (id: string, vpc: string, direction: Direction): FormSpec => ({
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
    ...peerFields(direction, vpc),
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
          ...peer(direction, entries),
          Description: str(entries["Description"]),
        },
      ],
    },
  }),
});

// What a row says under these names, where it says something.
const words = (row: Answer, ...names: string[]) => names.map((name) => text(row, name)).filter(Boolean).join(" ");

const rules = (id: string, vpc: string, direction: Direction): ListSpec => ({
  title: direction === "ingress" ? "inbound" : "outbound",
  call: { product: "Ecs", action: "DescribeSecurityGroupAttribute", params: { SecurityGroupId: id, Direction: direction } },
  paging: "token",
  rows: (answer) => list(answer, "Permissions.Permission"),
  id: (row) => text(row, "SecurityGroupRuleId"),
  columns: [
    { title: "action", show: (row) => <Said word={text(row, "Policy").toLowerCase()} /> },
    { title: "priority", show: (row) => text(row, "Priority") },
    { title: "protocol", show: (row) => text(row, "IpProtocol") },
    { title: "portRange", show: (row) => text(row, "PortRange") },
    { title: "source", show: (row) => <Sentence text={words(row, "SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId", "SourcePortRange")} /> },
    { title: "destination", show: (row) => <Sentence text={words(row, "DestCidrIp", "Ipv6DestCidrIp", "DestGroupId", "DestPrefixListId")} /> },
    { title: "description", show: (row) => text(row, "Description") },
  ],
  empty: "noRules",
  create: [add(id, vpc, direction)],
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
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["innerAccess", <Status key="inner" status={text(found, "InnerAccessPolicy")} />],
    ["description", text(found, "Description")],
  ],
  tabs: [
    { label: "inbound", show: (found) => <List level={3} spec={rules(id, text(found, "VpcId"), "ingress")} /> },
    { label: "outbound", show: (found) => <List level={3} spec={rules(id, text(found, "VpcId"), "egress")} /> },
    { label: "tags", show: () => <Tags of={{ product: "Ecs", type: "securitygroup", id }} /> },
  ],
});

export default function SecurityGroup() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
