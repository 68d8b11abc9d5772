// What a connectivity test asks: of the data plane, and of an instance's shell.
import type { Params } from "../../api/call.ts";
import { isIpv6 } from "../../kit/ipv6.ts";

/** Longest wait of a request for its answer, seconds. */
export const PATIENCE = 10;

export interface Asked {
  instance: string;
  to: string;
  /** By which family, where the target has both. */
  family: "any" | "IPv4" | "IPv6";
  port: number;
  protocol: "tcp" | "udp" | "icmp";
}

/** A name, an address, or an IPv6 address with or without brackets, and nothing else: it becomes a line of a shell. */
export const TARGET = /^\s*([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\])\s*$/;

const bare = (to: string) => to.trim().replace(/^\[(.*)\]$/, "$1");

/** The target as it stands in a URL: brackets are around an IPv6 address. */
const host = (to: string) => (isIpv6(bare(to)) ? `[${bare(to)}]` : bare(to));

const FLAGS = { any: "", IPv4: " -4", IPv6: " -6" };

/** What is typed in a shell to try it. */
export function command({ to, family, port, protocol }: Asked): string {
  if (protocol === "icmp") return `ping${FLAGS[family]} -c 3 -W 2 ${bare(to)}`;
  return `curl -gsSi${FLAGS[family]} -m ${PATIENCE} 'http://${host(to)}:${port}/'`;
}

/** What the data plane is asked. */
export const question = ({ instance, to, family, port, protocol }: Asked): Params => ({
  InstanceId: instance,
  To: host(to),
  AddressIpVersion: family === "any" ? undefined : family,
  Port: protocol === "icmp" ? undefined : port,
  Protocol: protocol,
});
