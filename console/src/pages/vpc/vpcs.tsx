import { Link } from "react-router";
import { list, text, texts, type Answer } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

const create: FormSpec = {
  title: "createVpc",
  steps: single("createVpc", [
    { name: "VpcName", label: "name", kind: "text" },
    { name: "CidrBlock", label: "cidrBlock", kind: "text", required: true, initial: "10.0.0.0/16", hint: "vpcRange" },
    { name: "EnableIpv6", label: "enableIpv6", kind: "switch", hint: "vpcIpv6" },
    { name: "Description", label: "description", kind: "text" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Vpc",
    action: "CreateVpc",
    params: {
      VpcName: str(entries["VpcName"]),
      CidrBlock: str(entries["CidrBlock"]),
      EnableIpv6: entries["EnableIpv6"] === true ? true : undefined,
      Description: str(entries["Description"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const hasIpv6 = (row: Answer) => text(row, "Ipv6CidrBlock") !== "";
const switchIpv6 = (on: boolean) => (row: Answer) => ({
  product: "Vpc" as const,
  action: "ModifyVpcAttribute",
  params: { VpcId: text(row, "VpcId"), EnableIPv6: on },
});

export const vpcs: ListSpec = {
  title: "vpcs",
  call: { product: "Vpc", action: "DescribeVpcs" },
  paging: "number",
  rows: (answer) => list(answer, "Vpcs.Vpc"),
  id: (row) => text(row, "VpcId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/vpc/vpcs/${text(row, "VpcId")}`}>{text(row, "VpcId")}</Link> },
    { title: "name", show: (row) => text(row, "VpcName") },
    { title: "cidrBlock", show: (row) => [text(row, "CidrBlock"), ...texts(row, "SecondaryCidrBlocks.SecondaryCidrBlock")].join(", ") },
    { title: "ipv6CidrBlock", show: (row) => text(row, "Ipv6CidrBlock") },
    { title: "vswitches", show: (row) => texts(row, "VSwitchIds.VSwitchId").length },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  search: searches.vpcs,
  empty: "noVpcs",
  create: [create],
  actions: [
    { label: "enableIpv6", confirm: "enableIpv6ForVpc", call: switchIpv6(true), when: (row) => !hasIpv6(row) },
    { label: "disableIpv6", confirm: "disableThisIpv6", call: switchIpv6(false), when: hasIpv6 },
    { label: "remove", confirm: "removeThis", call: (row) => ({ product: "Vpc", action: "DeleteVpc", params: { VpcId: text(row, "VpcId") } }) },
  ],
};

export default function Vpcs() {
  return <List spec={vpcs} />;
}
