import { useParams } from "react-router";
import { list, text } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { Ids } from "../../kit/ids.tsx";
import { Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";

const detail = (id: string): DetailSpec => ({
  parent: { label: "vswitches", path: "/vpc/vswitches" },
  id,
  call: { product: "Vpc", action: "DescribeVSwitches", params: { VSwitchId: id } },
  find: (answer) => list(answer, "VSwitches.VSwitch")[0],
  facts: (found) => [
    ["name", text(found, "VSwitchName")],
    ["status", <Status key="status" status={text(found, "Status")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["zone", text(found, "ZoneId")],
    ["cidrBlock", text(found, "CidrBlock")],
    ["ipv6CidrBlock", text(found, "Ipv6CidrBlock") || "–"],
    ["freeAddresses", text(found, "AvailableIpAddressCount")],
    ["routeTable", <Ids key="table" of={[text(found, "RouteTable.RouteTableId")]} />],
    ["description", text(found, "Description")],
  ],
  tabs: [{ label: "tags", show: () => <Tags of={{ product: "Vpc", type: "VSWITCH", id }} /> }],
});

export default function VSwitch() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
