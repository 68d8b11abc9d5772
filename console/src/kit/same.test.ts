import { expect, test } from "vitest";
import { asApi, asCommand, asPython } from "./same.ts";

const call = {
  product: "Privatelink",
  action: "CreateVpcEndpoint",
  params: { EndpointName: "it's", SecurityGroupId: ["sg-1"], Zone: [{ ZoneId: "g", VSwitchId: "vsw-1" }], Description: "" },
} as const;
const mutable = JSON.parse(JSON.stringify(call)) as Parameters<typeof asApi>[0];

test("the same call is written for the API, the command line and Python", () => {
  expect(asApi(mutable)).toContain("Action=CreateVpcEndpoint&Version=2020-04-15\n&EndpointName=it's");
  expect(asCommand(mutable)).toBe(
    "isthmus api privatelink CreateVpcEndpoint \\\n    --EndpointName 'it'\\''s' \\\n    --SecurityGroupId.1 sg-1" +
      " \\\n    --Zone.1.ZoneId g \\\n    --Zone.1.VSwitchId vsw-1",
  );
  expect(asPython(mutable, { host: "127.0.0.1:4577", protocol: "http:" })).toContain('    "Zone.1.ZoneId": "g",\n');
});
