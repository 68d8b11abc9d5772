import { useParams } from "react-router";
import { list, text, texts } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { routeTables } from "./routetables.tsx";
import { vswitches } from "./vswitches.tsx";

const secondary = (vpc: string): ListSpec => ({
  title: "secondaryCidrs",
  call: { product: "Vpc", action: "DescribeVpcs", params: { VpcId: vpc } },
  paging: "none",
  rows: (answer) => texts(list(answer, "Vpcs.Vpc")[0], "SecondaryCidrBlocks.SecondaryCidrBlock").map((range) => ({ range })),
  id: (row) => text(row, "range"),
  columns: [{ title: "cidrBlock", show: (row) => text(row, "range") }],
  empty: "noSecondaryCidrs",
  create: [
    {
      title: "addSecondaryCidr",
      steps: single("addSecondaryCidr", [{ name: "range", label: "cidrBlock", kind: "text", required: true, hint: "vpcRange" }]),
      call: (entries) => ({ product: "Vpc", action: "AssociateVpcCidrBlock", params: { VpcId: vpc, SecondaryCidrBlock: str(entries["range"]) } }),
    },
  ],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Vpc", action: "UnassociateVpcCidrBlock", params: { VpcId: vpc, SecondaryCidrBlock: text(row, "range") } }),
    },
  ],
});

const detail = (id: string): DetailSpec => ({
  parent: { label: "vpcs", path: "/vpc/vpcs" },
  id,
  call: { product: "Vpc", action: "DescribeVpcs", params: { VpcId: id } },
  find: (answer) => list(answer, "Vpcs.Vpc")[0],
  facts: (found) => [
    ["name", text(found, "VpcName")],
    ["status", <Status key="status" status={text(found, "Status")} />],
    ["cidrBlock", text(found, "CidrBlock")],
    ["ipv6CidrBlock", text(found, "Ipv6CidrBlock") || "–"],
    ["resourceGroup", text(found, "ResourceGroupId")],
    ["description", text(found, "Description")],
  ],
  tabs: [
    { label: "vswitches", show: () => <List level={3} spec={vswitches(id)} /> },
    { label: "routeTables", show: () => <List level={3} spec={routeTables(id)} /> },
    { label: "secondaryCidrs", show: () => <List level={3} spec={secondary(id)} /> },
    { label: "tags", show: () => <Tags of={{ product: "Vpc", type: "VPC", id }} /> },
  ],
});

export default function Vpc() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
