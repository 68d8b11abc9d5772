import { expect, test } from "vitest";
import { command, question, TARGET, type Asked } from "./asked.ts";

const ASKED: Asked = { instance: "i-1", to: "shop.example", family: "any", port: 80, protocol: "tcp" };

test("names and addresses of both families are targets, and nothing that a shell would take for more", () => {
  for (const to of ["shop.example", "10.0.1.100", " fd69:7374:0:300::64 ", "[fd69:7374::1]", "::1", "x"]) expect(TARGET.test(to), to).toBe(true);
  for (const to of ["", "a b", "x;reboot", "$(id)", "`id`", "[x]", "[fd69::1", "-x", "x'", "[]"]) expect(TARGET.test(to), to).toBe(false);
});

test("an IPv6 address has brackets where a port follows, and the family is asked for in each way", () => {
  for (const to of ["fd69::64", "[fd69::64]"]) {
    expect(command({ ...ASKED, to })).toBe("curl -gsSi -m 10 'http://[fd69::64]:80/'");
    expect(command({ ...ASKED, to, protocol: "icmp" })).toBe("ping -c 3 -W 2 fd69::64");
    expect(question({ ...ASKED, to })).toEqual({ InstanceId: "i-1", To: "[fd69::64]", AddressIpVersion: undefined, Port: 80, Protocol: "tcp" });
  }
  expect(command({ ...ASKED, family: "IPv6" })).toBe("curl -gsSi -6 -m 10 'http://shop.example:80/'");
  expect(command({ ...ASKED, family: "IPv4", protocol: "icmp" })).toBe("ping -4 -c 3 -W 2 shop.example");
  expect(question({ ...ASKED, family: "IPv6", protocol: "icmp" })).toMatchObject({ AddressIpVersion: "IPv6", Port: undefined });
});
