// How the servers of a group are checked: the fields that ask for it, and what is sent of them.
import { at, text, type Answer, type Params } from "../../api/call.ts";
import { str, type Entries, type Entry, type Field } from "../../kit/form.ts";

export const plain = (values: string[]) => values.map((value) => ({ value, label: { text: value } }));

const checked = (entries: Entries) => entries["check"] === true;
const advanced = (entries: Entries) => checked(entries) && entries["advanced"] === true;
const by = (kind: string) => (entries: Entries) => advanced(entries) && entries["HealthCheckType"] === kind;

const number = (name: string, label: Field["label"], least: number, most: number): Field => ({ name, label, kind: "number", least, most, when: advanced });

/** Of the two texts of a UDP check there are both or neither. */
const text512 = (name: string, label: Field["label"], other: string): Field => ({
  name,
  label,
  kind: "text",
  pattern: /^[A-Za-z0-9]{1,512}$/,
  hint: "udpTexts",
  when: by("UDP"),
  check: (entries) => (str(entries[name]) === "" && str(entries[other]) !== "" ? "udpTextsTogether" : undefined),
});

export const healthCheck: Field[] = [
  { name: "check", label: "configureHealthCheck", kind: "switch", initial: true },
  { name: "advanced", label: "advancedSettings", kind: "switch", when: checked },
  { name: "HealthCheckType", label: "healthCheckProtocol", kind: "select", initial: "TCP", options: plain(["TCP", "HTTP", "UDP"]), when: advanced },
  number("HealthCheckConnectPort", "healthCheckPort", 0, 65535),
  number("HealthCheckConnectTimeout", "responseTimeout", 1, 300),
  number("HealthCheckInterval", "interval", 1, 50),
  number("HealthyThreshold", "healthyThreshold", 2, 10),
  number("UnhealthyThreshold", "unhealthyThreshold", 2, 10),
  { name: "HealthCheckDomain", label: "domainName", kind: "text", when: by("HTTP") },
  { name: "HealthCheckUrl", label: "path", kind: "text", when: by("HTTP") },
  { name: "HttpCheckMethod", label: "method", kind: "select", options: plain(["GET", "HEAD"]), when: by("HTTP") },
  text512("HealthCheckReq", "healthCheckRequest", "HealthCheckExp"),
  text512("HealthCheckExp", "healthCheckResponse", "HealthCheckReq"),
];

/** Whether servers are checked, and not on a port that is said. */
export const lacksPort = (entries: Entries): boolean => checked(entries) && !(advanced(entries) && Number(entries["HealthCheckConnectPort"]) > 0);

const SETTINGS = ["HealthCheckType", "HealthCheckConnectPort", "HealthCheckConnectTimeout", "HealthCheckInterval", "HealthyThreshold", "UnhealthyThreshold"];
const OF_HTTP = ["HealthCheckDomain", "HealthCheckUrl", "HttpCheckMethod"];
const OF_UDP = ["HealthCheckReq", "HealthCheckExp"];

/** What is entered, as a call has it. */
export function healthConfig(entries: Entries): Params {
  const names = [
    ...(advanced(entries) ? SETTINGS : []),
    ...(by("HTTP")(entries) ? OF_HTTP : []),
    ...(by("UDP")(entries) ? OF_UDP : []),
  ];
  return { HealthCheckEnabled: checked(entries), ...Object.fromEntries(names.map((name) => [name, entries[name]])) };
}

/** The fields as a group has them now. */
export function healthOf(group: Answer): Entries {
  const now = [...SETTINGS, ...OF_HTTP, ...OF_UDP].map((name): [string, Entry] => [name, at(group, `HealthCheck.${name}`) as Entry]);
  return { ...Object.fromEntries(now), check: text(group, "HealthCheck.HealthCheckEnabled") === "true", advanced: true };
}
