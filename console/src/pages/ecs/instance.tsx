import { useParams } from "react-router";
import { list, text, texts } from "../../api/call.ts";
import { unbase64 } from "../../api/base64.ts";
import { useAnswer } from "../../api/live.tsx";
import { useWords } from "../../i18n/index.tsx";
import { Code, Copy } from "../../kit/copy.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { ipv6Of } from "../../kit/ipv6.ts";
import { Ids } from "../../kit/ids.tsx";
import { List } from "../../kit/list.tsx";
import { Problem } from "../../kit/problem.tsx";
import { Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { interfaces } from "./interfaces.tsx";
import { Terminal } from "./terminal.tsx";

/** Time after which an instance may have printed more, of which nobody tells, milliseconds. */
const PERIOD = 3000;

function ConsoleOutput({ id }: { id: string }) {
  const t = useWords();
  const { answer, error } = useAnswer({ product: "Ecs", action: "GetInstanceConsoleOutput", params: { InstanceId: id } }, PERIOD);
  const output = unbase64(text(answer, "ConsoleOutput"));
  if (error) return <Problem error={error} />;
  return output === "" ? <p>{t("noOutput")}</p> : <Code text={output} label={t("consoleOutput")} />;
}

const detail = (id: string): DetailSpec => ({
  parent: { label: "instances", path: "/ecs/instances" },
  id,
  call: { product: "Ecs", action: "DescribeInstances", params: { InstanceIds: JSON.stringify([id]) } },
  find: (answer) => list(answer, "Instances.Instance")[0],
  facts: (found) => [
    ["name", text(found, "InstanceName")],
    ["status", <Status key="status" status={text(found, "Status")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcAttributes.VpcId")]} />],
    ["vswitch", <Ids key="vswitch" of={[text(found, "VpcAttributes.VSwitchId")]} />],
    ["zone", text(found, "ZoneId")],
    ["ipAddress", <Copy key="address" text={texts(found, "VpcAttributes.PrivateIpAddress.IpAddress").join(", ")} />],
    ["ipv6Addresses", <Copy key="ipv6" text={list(found, "NetworkInterfaces.NetworkInterface").flatMap(ipv6Of).join(", ")} />],
    ["securityGroups", <Ids key="groups" of={texts(found, "SecurityGroupIds.SecurityGroupId")} />],
    ["hostName", text(found, "HostName")],
  ],
  tabs: [
    { label: "terminal", show: () => <Terminal instance={id} /> },
    { label: "networkInterfaces", show: () => <List level={3} spec={interfaces(id)} /> },
    { label: "consoleOutput", show: () => <ConsoleOutput id={id} /> },
    { label: "tags", show: () => <Tags of={{ product: "Ecs", type: "instance", id }} /> },
  ],
});

export default function Instance() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
