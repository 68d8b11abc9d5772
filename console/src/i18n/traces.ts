// What a trace says, in Chinese: its stages, what each decides, and by what. In English it is shown as the data plane says it.
import type { Language } from "./index.tsx";
import { reasons } from "./reasons.ts";

/** Whole texts. A star stands for an id, an address or a number, the first for $1; the first text that fits is it. */
const SAID: Record<string, string> = {
  interface: "网卡",
  rules: "安全组规则",
  "egress rules": "出方向规则",
  "ingress rules": "入方向规则",
  "endpoint rules": "终端节点规则",
  "load balancer rules": "负载均衡规则",
  "reverse endpoint rules": "反向终端节点规则",
  destination: "目标",
  connection: "终端节点连接",
  provider: "服务方",
  consumer: "使用方",
  "reverse endpoint": "反向终端节点",
  listener: "监听",
  server: "服务器",
  verdict: "结论",

  accept: "允许",
  drop: "拒绝",
  none: "无",
  nothing: "无",
  "* of *": "$2 的 $1",
  "* of *, * in *": "$2 的 $1，$4 中的 $3",
  "endpoint *, *": "终端节点 $1，$2",
  "load balancer *, *": "负载均衡 $1，$2",
  "nothing has this address in the VPC": "专有网络中没有该地址",
  "a service of the host": "主机提供的服务",
  "the gateway, which answers by itself": "网关（自行应答）",
  "by the route * to nowhere": "经路由 $1，无下一跳",
  "by the route * to *": "经路由 $1 到 $2",
  accepted: "已允许",
  "accepted: served by *, *": "已允许：由 $1 提供服务，$2",
  "not accepted by the provider": "服务方尚未允许",
  "a reverse endpoint takes no connections": "反向终端节点不接受连接",
  "takes it": "接受",
  "does not take it": "不接受",
  "none on port *": "端口 $1 上没有监听",
  "as the proxy chooses": "由代理选择",
  dropped: "丢弃",
  passes: "通过",
  "passes as * > *": "通过：$1 > $2",
  "passes to the proxy": "通过，到达代理",
  answered: "已应答",

  "* > *": "$1 > $2",
  "* by *": "$1，调度算法 $2",
  "as it was sent": "与发送时相同",
  "asked for as * > *": "请求时为 $1 > $2",
  "by the data plane itself": "由数据面自行应答",
  "which asks a server itself": "由代理自行访问服务器",
  "ends at the proxy": "在代理处终结",
  "tells servers their clients by a header of the PROXY protocol": "通过 PROXY 协议头向服务器告知客户端",
  "ends at the proxy, tells servers their clients by a header of the PROXY protocol": "在代理处终结，通过 PROXY 协议头向服务器告知客户端",
  "what the server sees is the provider's": "服务器所见仅服务方可见",
  "what the server sees is the consumer's": "服务器所见仅使用方可见",
  "no rule of its security groups accepts it": "安全组中没有允许的规则",
  "no rule forbids it": "没有禁止的规则",
  "members of * accept each other": "$1 的成员之间互通",
  "the plan on disk is of another revision": "磁盘上的配置属于其他版本",
};

/** Why there is no trace, in the same way. */
const UNANSWERED: Record<string, string> = {
  "no interface on this host is *: give an instance, an interface or an address of one": "主机上没有 $1 的网卡：实例可能正在创建或删除",
  "* is the address of several interfaces: give one of *": "$1 是多个网卡的地址：请指定 $2 中的一个",
  "* is neither an address nor a name of the client's VPC": "$1 既不是地址，也不是客户端专有网络中的域名",
  "* has no * address": "$1 没有 $2 地址",
  "* has no * address, and * is one": "$1 没有 $2 地址，而 $3 是 $2 地址",
  "the interface has no link yet: `isthmus status` says what stands in the way": "网卡尚未连接：原因见主机上的 isthmus status",
  "the interface could be listened to no more": "网卡已不存在",
  "no such packet left the interface within * s": "网卡在 $1 秒内没有发出此类报文",
};

type Text = readonly [english: RegExp, chinese: string];

const texts = (said: Record<string, string>): Text[] =>
  Object.entries(said).map(([english, chinese]) => [new RegExp(`^${english.replaceAll("*", "(\\S*)")}$`), chinese]);
const TEXTS = texts(SAID);
const ERRORS = texts(UNANSWERED);

function among(all: Text[], text: string): string | undefined {
  const [like, chinese] = all.find(([like]) => like.test(text)) ?? [];
  return like && chinese && text.replace(like, chinese);
}

/** What a rule of a security group is put together from. */
const RULE: [RegExp, string][] = [
  [/^rule of (\S+): /, "$1 的规则："],
  [/\baccept\b/, "允许"],
  [/\bdrop\b/, "拒绝"],
  [/\beverything\b/, "全部协议"],
  [/\bmembers of a group that is gone/, "已删除的安全组的成员"],
  [/\bmembers of (\S+)/, "$1 的成员"],
  [/ from ports\b/, "，源端口"],
  [/ from\b/, "，来自"],
  [/ to\b/, "，发往"],
  [/, priority\b/, "，优先级"],
];

function rule(text: string): string {
  return RULE.reduce((said, [english, chinese]) => said.replace(english, chinese), text);
}

function inChinese(text: string): string {
  const reason = Object.values(reasons).find(([, , told]) => told === text);
  return among(TEXTS, text) ?? reason?.[1] ?? (text.startsWith("rule of ") ? rule(text) : text);
}

/** A text of a trace in the chosen language; one that is not known stays as it is. */
export function traced(language: Language, text: string): string {
  return language === "zh" ? inChinese(text) : text;
}

/** Why a trace has no answer, in the chosen language; what the machine itself complains of stays as it is. */
export function unanswered(language: Language, message: string): string {
  const [, why = message] = /^Nothing can be said: (.*)\.$/.exec(message) ?? [];
  return language === "zh" ? `${among(ERRORS, why) ?? `数据面无法应答（${why}）`}。` : message;
}
