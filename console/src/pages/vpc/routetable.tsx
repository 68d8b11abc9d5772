import { useParams } from "react-router";
import { list, text, texts, type Answer, type Call } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type Entry, type Offer } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { instances, vswitches } from "../../kit/offers.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";

const entries = (id: string, vpc: Entry): ListSpec => ({
  title: "routes",
  call: { product: "Vpc", action: "DescribeRouteEntryList", params: { RouteTableId: id } },
  paging: "token",
  rows: (answer) => list(answer, "RouteEntrys.RouteEntry"),
  id: (row) => text(row, "RouteEntryId"),
  columns: [
    { title: "destination", show: (row) => text(row, "DestinationCidrBlock") },
    { title: "name", show: (row) => text(row, "RouteEntryName") },
    { title: "type", show: (row) => <Said word={text(row, "Type")} /> },
    { title: "nextHop", show: (row) => <><Said word={text(row, "NextHopType")} /> <Ids of={[text(row, "InstanceId")]} /></> },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  empty: "noRoutes",
  create: [
    {
      title: "addRoute",
      steps: single("addRoute", [
        { name: "DestinationCidrBlock", label: "destination", kind: "text", required: true, pattern: /^\d+(\.\d+){3}\/\d+$/, hint: "routeHint" },
        { name: "NextHopId", label: "nextHop", kind: "offered", required: true, offer: () => instances(vpc) },
        { name: "RouteEntryName", label: "name", kind: "text" },
      ]),
      call: (entries) => ({
        product: "Vpc",
        action: "CreateRouteEntry",
        params: {
          RouteTableId: id,
          DestinationCidrBlock: str(entries["DestinationCidrBlock"]),
          NextHopType: "Instance",
          NextHopId: str(entries["NextHopId"]),
          RouteEntryName: str(entries["RouteEntryName"]),
        },
      }),
    },
  ],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      when: (row) => text(row, "Type") === "Custom",
      call: (row) => ({ product: "Vpc", action: "DeleteRouteEntry", params: { RouteTableId: id, RouteEntryId: text(row, "RouteEntryId") } }),
    },
  ],
});

/** The vSwitches of the VPC that do not use the table yet. */
function others(table: string, vpc: string): Offer | undefined {
  const offer = vswitches(vpc);
  const call: Call = { product: "Vpc", action: "DescribeVSwitches", params: { RouteTableId: table } };
  return offer && { ...offer, taken: { call, paging: "number", pick: (answer) => list(answer, "VSwitches.VSwitch").map((row) => text(row, "VSwitchId")) } };
}

const joined = (id: string, found: Answer): ListSpec => {
  const custom = text(found, "RouteTableType") === "Custom";
  const change = (action: "AssociateRouteTable" | "UnassociateRouteTable", vswitch: string) => ({
    product: "Vpc" as const,
    action,
    params: { RouteTableId: id, VSwitchId: vswitch },
  });
  return {
    title: "vswitches",
    call: { product: "Vpc", action: "DescribeVSwitches", params: { RouteTableId: id } },
    paging: "number",
    rows: (answer) => list(answer, "VSwitches.VSwitch"),
    id: (row) => text(row, "VSwitchId"),
    columns: [
      { title: "id", show: (row) => <Ids of={[text(row, "VSwitchId")]} /> },
      { title: "name", show: (row) => text(row, "VSwitchName") },
      { title: "zone", show: (row) => text(row, "ZoneId") },
      { title: "cidrBlock", show: (row) => text(row, "CidrBlock") },
    ],
    empty: "noVSwitchesOfTable",
    ...(custom && {
      create: [
        {
          title: "associateVswitch",
          steps: single("associateVswitch", [
            { name: "VSwitchId", label: "vswitch", kind: "offered", required: true, offer: () => others(id, text(found, "VpcId")) },
          ]),
          call: (entries) => change("AssociateRouteTable", str(entries["VSwitchId"])),
        },
      ],
      actions: [{ label: "detach", confirm: "removeThis", call: (row) => change("UnassociateRouteTable", text(row, "VSwitchId")) }],
    }),
  };
};

const detail = (id: string): DetailSpec => ({
  parent: { label: "routeTables", path: "/vpc/routetables" },
  id,
  call: { product: "Vpc", action: "DescribeRouteTableList", params: { RouteTableId: id } },
  find: (answer) => list(answer, "RouterTableList.RouterTableListType")[0],
  facts: (found) => [
    ["name", text(found, "RouteTableName")],
    ["status", <Status key="status" status={text(found, "Status")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["type", <Said key="type" word={text(found, "RouteTableType")} />],
    ["usedBy", texts(found, "VSwitchIds.VSwitchId").length],
    ["description", text(found, "Description")],
  ],
  tabs: [
    { label: "routes", show: (found) => <List level={3} spec={entries(id, text(found, "VpcId"))} /> },
    { label: "vswitches", show: (found) => <List level={3} spec={joined(id, found)} /> },
    { label: "tags", show: () => <Tags of={{ product: "Vpc", type: "ROUTETABLE", id }} /> },
  ],
});

export default function RouteTable() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
