import { useParams } from "react-router";
import { text, texts } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { Sentence } from "../../kit/ids.tsx";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { Curves } from "./curves.tsx";
import { Health, ports } from "./listeners.tsx";

const detail = (balancer: string, id: string): DetailSpec => ({
  parent: { label: "nlbInstances", path: "/nlb/instances" },
  id,
  call: { product: "Nlb", action: "GetListenerAttribute", params: { ListenerId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["name", text(found, "ListenerDescription")],
    ["status", <Status key="status" status={text(found, "ListenerStatus")} />],
    ["protocol", text(found, "ListenerProtocol")],
    ["port", ports(found)],
    ["loadBalancer", <Sentence key="balancer" text={balancer} />],
    ["serverGroup", <Sentence key="group" text={text(found, "ServerGroupId")} />],
    ["healthCheckStatus", <Health key="health" listener={id} />],
    ["idleTimeout", text(found, "IdleTimeout")],
    ["proxyProtocol", <Said key="proxyProtocol" word={text(found, "ProxyProtocolEnabled")} />],
    ["certificates", texts(found, "CertificateIds").join(", ")],
    ["securityPolicy", text(found, "SecurityPolicyId")],
  ],
  tabs: [
    { label: "monitoring", show: (found) => <Curves balancer={balancer} listeners={[found]} /> },
    { label: "tags", show: () => <Tags of={{ product: "Nlb", type: "listener", id }} /> },
  ],
});

export default function Listener() {
  const { balancer = "", id = "" } = useParams();
  return <Detail key={id} spec={detail(balancer, id)} />;
}
