import { Link } from "react-router";
import { list, text, texts } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { vpcs } from "../../kit/offers.ts";
import { among, ofVpc } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";

const create = (vpc: string): FormSpec => ({
  title: "createRouteTable",
  steps: single("createRouteTable", [
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs },
    { name: "RouteTableName", label: "name", kind: "text" },
    { name: "Description", label: "description", kind: "text" },
  ]),
  initial: vpc === "" ? {} : { VpcId: vpc },
  call: (entries) => ({
    product: "Vpc",
    action: "CreateRouteTable",
    params: { VpcId: str(entries["VpcId"]), RouteTableName: str(entries["RouteTableName"]), Description: str(entries["Description"]) },
  }),
});

/** The route tables of a VPC, or all. */
export const routeTables = (vpc = ""): ListSpec => ({
  title: "routeTables",
  call: { product: "Vpc", action: "DescribeRouteTableList", params: { VpcId: vpc } },
  paging: "number",
  rows: (answer) => list(answer, "RouterTableList.RouterTableListType"),
  id: (row) => text(row, "RouteTableId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/vpc/routetables/${text(row, "RouteTableId")}`}>{text(row, "RouteTableId")}</Link> },
    { title: "name", show: (row) => text(row, "RouteTableName") },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
    { title: "type", show: (row) => <Said word={text(row, "RouteTableType")} /> },
    { title: "vswitches", show: (row) => texts(row, "VSwitchIds.VSwitchId").length },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  search: searches.routeTables,
  filters: [...(vpc === "" ? [ofVpc()] : []), among("type", "RouteTableType", ["System", "Custom"])],
  empty: "noRouteTables",
  create: [create(vpc)],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      when: (row) => text(row, "RouteTableType") === "Custom",
      call: (row) => ({ product: "Vpc", action: "DeleteRouteTable", params: { RouteTableId: text(row, "RouteTableId") } }),
    },
  ],
});

export default function RouteTables() {
  return <List spec={routeTables()} />;
}
