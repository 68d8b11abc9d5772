import { Link } from "react-router";
import { list, text, texts } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";

const create: FormSpec = {
  title: "createVpc",
  terraform: "alicloud_vpc",
  steps: single("createVpc", [
    { name: "VpcName", label: "name", kind: "text" },
    { name: "CidrBlock", label: "cidrBlock", kind: "text", required: true, initial: "10.0.0.0/16", hint: "vpcRange" },
    { name: "Description", label: "description", kind: "text" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Vpc",
    action: "CreateVpc",
    params: {
      VpcName: str(entries["VpcName"]),
      CidrBlock: str(entries["CidrBlock"]),
      Description: str(entries["Description"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

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
    { title: "vswitches", show: (row) => texts(row, "VSwitchIds.VSwitchId").length },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  empty: "noVpcs",
  create: [create],
  actions: [
    { label: "remove", confirm: "removeThis", call: (row) => ({ product: "Vpc", action: "DeleteVpc", params: { VpcId: text(row, "VpcId") } }) },
  ],
};

export default function Vpcs() {
  return <List spec={vpcs} />;
}
