import { Link } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { single, str, type Field, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type Column, type ListSpec } from "../../kit/list.tsx";
import { ipv6Parts, vpcs, zones } from "../../kit/offers.ts";
import { ofVpc, ofZone } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

const PART = { name: "Ipv6CidrBlock", label: "ipv6CidrBlock", kind: "offered", hint: "vswitchIpv6" } as const satisfies Partial<Field>;

const create = (vpc: string): FormSpec => ({
  title: "createVSwitch",
  steps: single("createVSwitch", [
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs, resets: ["Ipv6CidrBlock"] },
    { name: "VSwitchName", label: "name", kind: "text" },
    { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zones },
    { name: "CidrBlock", label: "cidrBlock", kind: "text", required: true, hint: "vswitchRange" },
    { ...PART, offer: (entries) => ipv6Parts(entries["VpcId"]) },
  ]),
  initial: vpc === "" ? {} : { VpcId: vpc },
  call: (entries) => ({
    product: "Vpc",
    action: "CreateVSwitch",
    params: {
      VpcId: str(entries["VpcId"]),
      ZoneId: str(entries["ZoneId"]),
      CidrBlock: str(entries["CidrBlock"]),
      Ipv6CidrBlock: str(entries["Ipv6CidrBlock"]),
      VSwitchName: str(entries["VSwitchName"]),
    },
  }),
});

const hasIpv6 = (row: Answer) => text(row, "Ipv6CidrBlock") !== "";

const enableIpv6 = (row: Answer): FormSpec => ({
  title: "enableIpv6",
  steps: single("enableIpv6", [{ ...PART, required: true, offer: () => ipv6Parts(text(row, "VpcId")) }]),
  call: (entries) => ({
    product: "Vpc",
    action: "ModifyVSwitchAttribute",
    params: { VSwitchId: text(row, "VSwitchId"), EnableIPv6: true, Ipv6CidrBlock: str(entries["Ipv6CidrBlock"]) },
  }),
});

const disableIpv6 = (row: Answer) => ({
  product: "Vpc" as const,
  action: "ModifyVSwitchAttribute",
  params: { VSwitchId: text(row, "VSwitchId"), EnableIPv6: false },
});

/** Where there are those of one VPC alone, it need not be said. */
const VPC: Column = { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> };

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
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
    ...(vpc === "" ? [VPC] : []),
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "cidrBlock", show: (row) => text(row, "CidrBlock") },
    { title: "ipv6CidrBlock", show: (row) => text(row, "Ipv6CidrBlock") },
    { title: "freeAddresses", show: (row) => text(row, "AvailableIpAddressCount") },
  ],
  search: searches.vswitches,
  filters: vpc === "" ? [ofVpc(), ofZone] : [ofZone],
  empty: "noVSwitches",
  create: [create(vpc)],
  actions: [
    { label: "enableIpv6", form: enableIpv6, when: (row) => !hasIpv6(row) },
    { label: "disableIpv6", confirm: "disableThisIpv6", call: disableIpv6, when: hasIpv6 },
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
