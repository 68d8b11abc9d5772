import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { vpcs, zones } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";

const create = (vpc: string): FormSpec => ({
  title: "createVSwitch",
  terraform: "alicloud_vswitch",
  steps: single("createVSwitch", [
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs },
    { name: "VSwitchName", label: "name", kind: "text" },
    { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zones },
    { name: "CidrBlock", label: "cidrBlock", kind: "text", required: true, hint: "vswitchRange" },
  ]),
  initial: vpc === "" ? {} : { VpcId: vpc },
  call: (entries) => ({
    product: "Vpc",
    action: "CreateVSwitch",
    params: {
      VpcId: str(entries["VpcId"]),
      ZoneId: str(entries["ZoneId"]),
      CidrBlock: str(entries["CidrBlock"]),
      VSwitchName: str(entries["VSwitchName"]),
    },
  }),
});

/** The vSwitches of a VPC, or all. */
export const vswitches = (vpc = ""): ListSpec => ({
  title: "vswitches",
  call: { product: "Vpc", action: "DescribeVSwitches", params: { VpcId: vpc } },
  paging: "number",
  rows: (answer) => list(answer, "VSwitches.VSwitch"),
  id: (row) => text(row, "VSwitchId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/vpc/vswitches/${text(row, "VSwitchId")}`}>{text(row, "VSwitchId")}</Link> },
    { title: "name", show: (row) => text(row, "VSwitchName") },
    { title: "vpc", show: (row) => text(row, "VpcId") },
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "cidrBlock", show: (row) => text(row, "CidrBlock") },
    { title: "freeAddresses", show: (row) => text(row, "AvailableIpAddressCount") },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  empty: "noVSwitches",
  create: [create(vpc)],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Vpc", action: "DeleteVSwitch", params: { VSwitchId: text(row, "VSwitchId") } }),
    },
  ],
});

export default function VSwitches() {
  return <List spec={vswitches()} />;
}
