import { expect, test } from "vitest";
import { flatten } from "./call.ts";
import { sign } from "./sign.ts";

test("lists and structures travel as the API numbers them, and what is not given does not travel", () => {
  const params = { Zone: [{ ZoneId: "g" }, { ZoneId: "k", Ip: "" }], Name: undefined, Flag: false, Ids: ["a"] };
  expect(flatten(params)).toEqual([
    ["Zone.1.ZoneId", "g"],
    ["Zone.2.ZoneId", "k"],
    ["Flag", "false"],
    ["Ids.1", "a"],
  ]);
});

test("a signature is made of exactly what is sent", async () => {
  const request = {
    host: "127.0.0.1:4577",
    action: "DescribeVpcs",
    version: "2016-04-28",
    body: "RegionId=cn-hangzhou",
    date: new Date("2026-01-02T03:04:05.678Z"),
    nonce: "n-1",
  };
  const headers = await sign({ id: "dev", secret: "dev" }, request);
  expect(headers["x-acs-date"]).toBe("2026-01-02T03:04:05Z");
  const other = await sign({ id: "dev", secret: "dev" }, { ...request, body: "RegionId=elsewhere" });
  expect(headers["authorization"]).toMatch(/^ACS3-HMAC-SHA256 Credential=dev,SignedHeaders=host;x-acs-action;.*Signature=[0-9a-f]{64}$/);
  expect(other["authorization"]).not.toBe(headers["authorization"]);
});
