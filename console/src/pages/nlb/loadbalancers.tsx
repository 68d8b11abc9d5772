import { Link } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { useSession } from "../../api/session.tsx";
import { Copy } from "../../kit/copy.tsx";
import { others, rows, single, str, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { ipVersion } from "../../kit/ipversion.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup, vpcs, vswitches, zonesOf } from "../../kit/offers.ts";
import { ofVpc, ofZone } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

/** The addresses of a load balancer in a zone, one of each family that it has. */
export function addressesOf(zone: Answer): string[] {
  const address = list(zone, "LoadBalancerAddresses")[0];
  return ["PrivateIPv4Address", "Ipv6Address"].map((name) => text(address, name)).filter((shown) => shown !== "");
}

const create = (region: string): FormSpec => ({
  title: "createNlb",
  steps: single("createNlb", [
    { name: "RegionId", label: "region", kind: "select", initial: region, options: [{ value: region, label: { text: region } }] },
    { name: "AddressType", label: "networkType", kind: "select", initial: "Intranet", options: [{ value: "Intranet", label: "intranet" }] },
    ipVersion("Ipv4", "balancerIpVersion"),
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
        { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: (entries, row) => zonesOf(entries["VpcId"], others(entries["ZoneMappings"], row, "ZoneId")) },
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
      RegionId: str(entries["RegionId"]),
      LoadBalancerName: str(entries["LoadBalancerName"]),
      AddressType: str(entries["AddressType"]),
      AddressIpVersion: str(entries["AddressIpVersion"]),
      VpcId: str(entries["VpcId"]),
      ZoneMappings: rows(entries["ZoneMappings"]).map((row) => ({ ZoneId: str(row["ZoneId"]), VSwitchId: str(row["VSwitchId"]) })),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
});

const balancers = (region: string): ListSpec => ({
  title: "nlbInstances",
  call: { product: "Nlb", action: "ListLoadBalancers" },
  paging: "token",
  rows: (answer) => list(answer, "LoadBalancers"),
  id: (row) => text(row, "LoadBalancerId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/nlb/instances/${text(row, "LoadBalancerId")}`}>{text(row, "LoadBalancerId")}</Link> },
    { title: "name", show: (row) => text(row, "LoadBalancerName") },
    { title: "status", show: (row) => <Status status={text(row, "LoadBalancerStatus")} /> },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
    {
      title: "addresses",
      show: (row) => list(row, "ZoneMappings").map((zone) => <div key={text(zone, "ZoneId")}>{`${text(zone, "ZoneId")}: ${addressesOf(zone).join(" ")}`}</div>),
    },
    { title: "domainName", show: (row) => <Copy text={text(row, "DNSName")} /> },
  ],
  search: searches.loadBalancers,
  filters: [ofVpc((vpc) => ({ VpcIds: [vpc] })), ofZone],
  empty: "noNlbs",
  create: [create(region)],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Nlb", action: "DeleteLoadBalancer", params: { LoadBalancerId: text(row, "LoadBalancerId") } }),
    },
  ],
});

export default function LoadBalancers() {
  const { region } = useSession();
  return <List spec={balancers(region)} />;
}
