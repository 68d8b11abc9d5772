// The same call in the ways that people automate it: API, command line, Python; Terraform has a file of its own.
import { flatten, VERSIONS, type Call } from "../api/call.ts";

const quoted = (value: string) => (/^[\w.:/@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);

export function asApi(call: Call): string {
  const pairs = flatten(call.params ?? {}).map(([name, value]) => `&${name}=${encodeURIComponent(value)}`);
  return `POST /\nAction=${call.action}&Version=${VERSIONS[call.product]}${pairs.map((pair) => `\n${pair}`).join("")}`;
}

export function asCommand(call: Call): string {
  const pairs = flatten(call.params ?? {}).map(([name, value]) => ` \\\n    --${name} ${quoted(value)}`);
  return `isthmus api ${call.product.toLowerCase()} ${call.action}${pairs.join("")}`;
}

export function asPython(call: Call, { host, protocol: scheme }: Pick<Location, "host" | "protocol">): string {
  const protocol = scheme === "https:" ? "HTTPS" : "HTTP";
  const pairs = flatten(call.params ?? {}).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`,
  );
  return `from alibabacloud_tea_openapi import client, models
from alibabacloud_tea_util import models as util

api = client.Client(models.Config(
    access_key_id=KEY, access_key_secret=SECRET, endpoint=${JSON.stringify(host)}, protocol=${JSON.stringify(protocol)}))
what = models.Params(
    action=${JSON.stringify(call.action)}, version=${JSON.stringify(VERSIONS[call.product])}, style="RPC", protocol=${JSON.stringify(protocol)},
    method="POST", pathname="/", auth_type="AK", req_body_type="formData", body_type="json")
query = {
${pairs.join("")}}
print(api.call_api(what, models.OpenApiRequest(query=query), util.RuntimeOptions())["body"])`;
}
