// IPv6: addresses of interfaces; the range of a VPC, a /56, and its 256 parts, of which a vSwitch has one.
import { list, text, type Answer } from "../api/call.ts";

/** The IPv6 addresses of an interface. */
export const ipv6Of = (eni: Answer): string[] => list(eni, "Ipv6Sets.Ipv6Set").map((set) => text(set, "Ipv6Address"));

/** Parts of a VPC's range. */
export const PARTS = 256;

/** A part as a range: `fd69:7374:0:300::/56` and 2 give `fd69:7374:0:302::/64`. */
export function part(range: string, number: number): string {
  const [head = ""] = range.split("::");
  const [first = "0", second = "0", third = "0", fourth = "0"] = head.split(":");
  return `${[first, second, third, (parseInt(fourth, 16) | number).toString(16)].join(":")}::/64`;
}

/** Which part of its VPC's range a vSwitch's range is. */
export function numberOf(range: string): number {
  const [head = ""] = range.split("::");
  return parseInt(head.split(":")[3] ?? "0", 16) & (PARTS - 1);
}

export const isIpv6 = (address: string): boolean => address.includes(":");
