import { expect, test } from "vitest";
import { asApi, asCommand, asPython, asTerraform } from "./same.ts";

const call = {
  product: "Privatelink",
  action: "CreateVpcEndpoint",
  params: { EndpointName: "it's", SecurityGroupId: ["sg-1"], Zone: [{ ZoneId: "g", VSwitchId: "vsw-1" }], Description: "" },
} as const;
const mutable = JSON.parse(JSON.stringify(call)) as Parameters<typeof asApi>[0];

test("the same call is written for the API, the command line, Python and Terraform", () => {
  expect(asApi(mutable)).toContain("Action=CreateVpcEndpoint&Version=2020-04-15\n&EndpointName=it's");
  expect(asCommand(mutable)).toBe(
    "isthmus api privatelink CreateVpcEndpoint \\\n    --EndpointName 'it'\\''s' \\\n    --SecurityGroupId.1 sg-1" +
      " \\\n    --Zone.1.ZoneId g \\\n    --Zone.1.VSwitchId vsw-1",
  );
  expect(asPython(mutable, "127.0.0.1:4577")).toContain('    "Zone.1.ZoneId": "g",\n');
  expect(asTerraform(mutable, "alicloud_privatelink_vpc_endpoint")).toBe(
    'resource "alicloud_privatelink_vpc_endpoint" "this" {\n  endpoint_name = "it\'s"\n  security_group_id = ["sg-1"]\n' +
      '  zone {\n    zone_id = "g"\n    vswitch_id = "vsw-1"\n  }\n}',
  );
});
