import { Link } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { Copy } from "../../kit/copy.tsx";
import { rows, single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup, vpcs, vswitches, zonesOf } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";

/** The addresses of a load balancer in a zone, one of each family that it has. */
export function addressesOf(zone: Answer): string[] {
  const address = list(zone, "LoadBalancerAddresses")[0];
  return ["PrivateIPv4Address", "Ipv6Address"].map((name) => text(address, name)).filter((shown) => shown !== "");
}

const create: FormSpec = {
  title: "createNlb",
  terraform: "alicloud_nlb_load_balancer",
  steps: single("createNlb", [
    { name: "AddressType", label: "networkType", kind: "select", initial: "Intranet", options: [{ value: "Intranet", label: "intranet" }] },
    {
      name: "AddressIpVersion",
      label: "ipVersion",
      kind: "select",
      initial: "Ipv4",
      options: [
        { value: "Ipv4", label: { text: "IPv4" } },
        { value: "DualStack", label: "dualStack" },
      ],
    },
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs, resets: ["ZoneMappings"] },
    {
      name: "ZoneMappings",
      label: "zone",
      kind: "group",
      least: 2,
      add: "addZone",
      required: true,
      hint: "twoZones",
      fields: [
        { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: (entries) => zonesOf(entries["VpcId"]) },
        {
          name: "VSwitchId",
          label: "vswitch",
          kind: "offered",
          required: true,
          offer: (entries, row) => (str(row["ZoneId"]) === "" ? undefined : vswitches(entries["VpcId"], row["ZoneId"])),
        },
      ],
    },
    { name: "LoadBalancerName", label: "instanceName", kind: "text" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Nlb",
    action: "CreateLoadBalancer",
    params: {
      LoadBalancerName: str(entries["LoadBalancerName"]),
      AddressType: str(entries["AddressType"]),
      AddressIpVersion: str(entries["AddressIpVersion"]),
      VpcId: str(entries["VpcId"]),
      ZoneMappings: rows(entries["ZoneMappings"]).map((row) => ({ ZoneId: str(row["ZoneId"]), VSwitchId: str(row["VSwitchId"]) })),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const balancers: ListSpec = {
  title: "nlbInstances",
  call: { product: "Nlb", action: "ListLoadBalancers" },
  paging: "token",
  rows: (answer) => list(answer, "LoadBalancers"),
  id: (row) => text(row, "LoadBalancerId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/nlb/instances/${text(row, "LoadBalancerId")}`}>{text(row, "LoadBalancerId")}</Link> },
    { title: "name", show: (row) => text(row, "LoadBalancerName") },
    { title: "vpc", show: (row) => text(row, "VpcId") },
    {
      title: "addresses",
      show: (row) =>
        list(row, "ZoneMappings")
          .map((zone) => `${text(zone, "ZoneId")}: ${addressesOf(zone).join(" ")}`)
          .join(", "),
    },
    { title: "domainName", show: (row) => <Copy text={text(row, "DNSName")} /> },
    { title: "status", show: (row) => <Status status={text(row, "LoadBalancerStatus")} /> },
  ],
  empty: "noNlbs",
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Nlb", action: "DeleteLoadBalancer", params: { LoadBalancerId: text(row, "LoadBalancerId") } }),
    },
  ],
};

export default function LoadBalancers() {
  return <List spec={balancers} />;
}
