import { useParams } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { useWords } from "../../i18n/index.tsx";
import { Copy } from "../../kit/copy.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { List } from "../../kit/list.tsx";
import { Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import type { Reading, Subject } from "../../traffic/readings.ts";
import { Monitoring, serversOf } from "../../traffic/monitoring.tsx";
import { listeners, ports } from "./listeners.tsx";

function Zones({ found }: { found: Answer }) {
  return (
    <>
      {list(found, "ZoneMappings").map((zone) => {
        const address = list(zone, "LoadBalancerAddresses")[0];
        return (
          <div key={text(zone, "ZoneId")}>
            {text(zone, "ZoneId")} <Copy text={text(address, "PrivateIPv4Address")} />{" "}
            <Status status={text(address, "PrivateIPv4HcStatus") || text(zone, "Status")} />
          </div>
        );
      })}
    </>
  );
}

/** The listeners together and each of them, with the servers behind it. */
function Curves({ balancer }: { balancer: string }) {
  const t = useWords();
  const { answer } = useAnswer({ product: "Nlb", action: "ListListeners", params: { LoadBalancerIds: [balancer], MaxResults: 100 } });
  const listeners = list(answer, "Listeners");
  const subject = (value: string, label: string, of: Answer[], readings: readonly Reading[]): Subject => {
    const groups = [...new Set(of.map((row) => text(row, "ServerGroupId")))];
    return { value, label, carriers: of.map((row) => text(row, "ListenerId")), servers: groups.flatMap((group) => serversOf(readings, group)) };
  };
  return (
    <Monitoring
      of={{
        scope: { LoadBalancerId: balancer },
        subjects: (readings) => [
          subject("", t("allListeners"), listeners, readings),
          ...listeners.map((row) => subject(text(row, "ListenerId"), `${text(row, "ListenerProtocol")} ${ports(row)}`, [row], readings)),
        ],
      }}
    />
  );
}

const detail = (id: string): DetailSpec => ({
  parent: { label: "nlbInstances", path: "/nlb/instances" },
  id,
  call: { product: "Nlb", action: "GetLoadBalancerAttribute", params: { LoadBalancerId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["name", text(found, "LoadBalancerName")],
    ["status", <Status key="status" status={text(found, "LoadBalancerStatus")} />],
    ["vpc", text(found, "VpcId")],
    ["domainName", <Copy key="name" text={text(found, "DNSName")} />],
    ["zone", <Zones key="zones" found={found} />],
    ["crossZone", text(found, "CrossZoneEnabled")],
  ],
  tabs: [
    { label: "listener", show: (found) => <List level={3} spec={listeners(id, text(found, "VpcId"))} /> },
    { label: "monitoring", show: () => <Curves balancer={id} /> },
    { label: "tags", show: () => <Tags of={{ product: "Nlb", type: "loadbalancer", id }} /> },
  ],
});

export default function LoadBalancer() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
