// The same call in the ways that people automate it: API, command line, Python, Terraform.
import { flatten, VERSIONS, type Call, type Value } from "../api/call.ts";

const quoted = (value: string) => (/^[\w.:/@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);

export function asApi(call: Call): string {
  const pairs = flatten(call.params ?? {}).map(([name, value]) => `&${name}=${encodeURIComponent(value)}`);
  return `POST /\nAction=${call.action}&Version=${VERSIONS[call.product]}${pairs.map((pair) => `\n${pair}`).join("")}`;
}

export function asCommand(call: Call): string {
  const pairs = flatten(call.params ?? {}).map(([name, value]) => ` \\\n    --${name} ${quoted(value)}`);
  return `isthmus api ${call.product.toLowerCase()} ${call.action}${pairs.join("")}`;
}

export function asPython(call: Call, address: string): string {
  const pairs = flatten(call.params ?? {}).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  return `from alibabacloud_tea_openapi import client, models
from alibabacloud_tea_util import models as util

api = client.Client(models.Config(
    access_key_id=KEY, access_key_secret=SECRET, endpoint=${JSON.stringify(address)}, protocol="HTTP"))
what = models.Params(
    action=${JSON.stringify(call.action)}, version=${JSON.stringify(VERSIONS[call.product])}, style="RPC", protocol="HTTP",
    method="POST", pathname="/", auth_type="AK", req_body_type="formData", body_type="json")
query = {
${pairs.join("")}}
print(api.call_api(what, models.OpenApiRequest(query=query), util.RuntimeOptions())["body"])`;
}

const snake = (name: string) =>
  name
    .replaceAll("VSwitch", "Vswitch")
    .replaceAll("VPC", "Vpc")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();

function attribute(name: string, value: Value, indent: string): string {
  if (value === undefined || value === null || value === "") return "";
  if (Array.isArray(value)) {
    if (value.every((member) => typeof member !== "object")) return `${indent}${snake(name)} = ${JSON.stringify(value)}\n`;
    return value.map((member) => attribute(name, member, indent)).join("");
  }
  if (typeof value === "object") return `${indent}${snake(name)} {\n${attributes(value, `${indent}  `)}${indent}}\n`;
  return `${indent}${snake(name)} = ${JSON.stringify(value)}\n`;
}

function attributes(params: Record<string, Value>, indent: string): string {
  return Object.entries(params)
    .map(([name, value]) => attribute(name, value, indent))
    .join("");
}

export function asTerraform(call: Call, resource: string): string {
  return `resource "${resource}" "this" {\n${attributes(call.params ?? {}, "  ")}}`;
}
