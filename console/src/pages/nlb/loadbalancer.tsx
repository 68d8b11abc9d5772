import { useParams } from "react-router";
import { list, text, texts, type Answer } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { Copy } from "../../kit/copy.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { Ids } from "../../kit/ids.tsx";
import { List } from "../../kit/list.tsx";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { Curves } from "./curves.tsx";
import { listeners } from "./listeners.tsx";
import { addressesOf } from "./loadbalancers.tsx";

function Zones({ found }: { found: Answer }) {
  return (
    <>
      {list(found, "ZoneMappings").map((zone) => {
        const address = list(zone, "LoadBalancerAddresses")[0];
        return (
          <div key={text(zone, "ZoneId")}>
            <span className="zone">
              {text(zone, "ZoneId")} <Status status={text(address, "PrivateIPv4HcStatus") || text(zone, "Status")} />
            </span>{" "}
            {addressesOf(zone).map((shown) => (
              <span key={shown} className="zone">
                <Copy text={shown} />
              </span>
            ))}
          </div>
        );
      })}
    </>
  );
}

/** Addresses from which zones speak to servers that do not see their clients'. */
function localAddresses(found: Answer) {
  const lines = list(found, "ZoneMappings").flatMap((zone) => {
    const addresses = list(zone, "LoadBalancerAddresses").flatMap((at) => ["Ipv4LocalAddresses", "Ipv6LocalAddresses"].flatMap((name) => texts(at, name)));
    return addresses.length === 0 ? [] : [`${text(zone, "ZoneId")}: ${addresses.join(" ")}`];
  });
  return lines.length === 0 ? "" : lines.map((line) => <div key={line}>{line}</div>);
}

function AllCurves({ balancer }: { balancer: string }) {
  const { answer } = useAnswer({ product: "Nlb", action: "ListListeners", params: { LoadBalancerIds: [balancer], MaxResults: 100 } });
  return <Curves balancer={balancer} listeners={list(answer, "Listeners")} />;
}

const detail = (id: string): DetailSpec => ({
  parent: { label: "nlbInstances", path: "/nlb/instances" },
  id,
  call: { product: "Nlb", action: "GetLoadBalancerAttribute", params: { LoadBalancerId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["name", text(found, "LoadBalancerName")],
    ["status", <Status key="status" status={text(found, "LoadBalancerStatus")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["domainName", <Copy key="name" text={text(found, "DNSName")} />],
    ["zone", <Zones key="zones" found={found} />],
    ["localAddresses", localAddresses(found)],
    ["ipVersion", <Said key="ipVersion" word={text(found, "AddressIpVersion")} />],
    ["crossZone", <Said key="crossZone" word={text(found, "CrossZoneEnabled")} />],
  ],
  tabs: [
    { label: "listener", show: (found) => <List level={3} spec={listeners(id, text(found, "VpcId"))} /> },
    { label: "monitoring", show: () => <AllCurves balancer={id} /> },
    { label: "tags", show: () => <Tags of={{ product: "Nlb", type: "loadbalancer", id }} /> },
  ],
});

export default function LoadBalancer() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
