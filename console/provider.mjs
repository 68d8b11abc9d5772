// Writes src/kit/provider.json: what the Terraform provider's resources take, as the types of a package say it that is made from the
// provider's own schema: `npm pack @pulumi/alicloud`, then `node provider.mjs FOLDER`, with the folder that it is unpacked in.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const [, , folder = "package"] = process.argv;

/** The resources that snippets name, and the modules that describe them. */
const MODULES = {
  alicloud_ecs_network_interface: "ecs/ecsNetworkInterface",
  alicloud_ecs_prefix_list: "ecs/ecsPrefixList",
  alicloud_instance: "ecs/instance",
  alicloud_nlb_listener: "nlb/listener",
  alicloud_nlb_load_balancer: "nlb/loadBalancer",
  alicloud_nlb_security_policy: "nlb/securityPolicy",
  alicloud_nlb_server_group: "nlb/serverGroup",
  alicloud_nlb_server_group_server_attachment: "nlb/serverGroupServerAttachment",
  alicloud_privatelink_vpc_endpoint: "privatelink/vpcEndpoint",
  alicloud_privatelink_vpc_endpoint_connection: "privatelink/vpcEndpointServiceConnection",
  alicloud_privatelink_vpc_endpoint_service: "privatelink/vpcEndpointService",
  alicloud_privatelink_vpc_endpoint_service_resource: "privatelink/vpcEndpointServiceResource",
  alicloud_privatelink_vpc_endpoint_service_user: "privatelink/vpcEndpointServiceUser",
  alicloud_privatelink_vpc_endpoint_zone: "privatelink/vpcEndpointZone",
  alicloud_pvtz_zone: "pvtz/zone",
  alicloud_pvtz_zone_attachment: "pvtz/zoneAttachment",
  alicloud_pvtz_zone_record: "pvtz/zoneRecord",
  alicloud_resource_manager_resource_group: "resourcemanager/resourceGroup",
  alicloud_route_entry: "vpc/routeEntry",
  alicloud_route_table: "vpc/routeTable",
  alicloud_route_table_attachment: "vpc/routeTableAttachment",
  alicloud_security_group: "ecs/securityGroup",
  alicloud_security_group_rule: "ecs/securityGroupRule",
  alicloud_ssl_certificates_service_certificate: "cas/serviceCertificate",
  alicloud_vpc: "vpc/network",
  alicloud_vpc_ipv4_cidr_block: "vpc/ipv4CidrBlock",
  alicloud_vswitch: "vpc/switch",
};

const parse = (path) => ts.createSourceFile(path, readFileSync(join(folder, path), "utf8"), ts.ScriptTarget.Latest, true);

/** Every interface of a file, by its name within its namespace. */
function interfaces(node, prefix = "", found = new Map()) {
  ts.forEachChild(node, (child) => {
    if (ts.isInterfaceDeclaration(child)) found.set(prefix + child.name.text, child);
    else if (ts.isModuleDeclaration(child)) interfaces(child, `${child.name.text}.`, found);
    else if (ts.isModuleBlock(child)) interfaces(child, prefix, found);
  });
  return found;
}

const nested = interfaces(parse("types/input.d.ts"));

/** The arguments that are not deprecated: a `!` is behind the name of one that must be given, a block has arguments of its own. */
function argumentsOf(declaration) {
  const current = declaration.members.filter((member) => !ts.getJSDocDeprecatedTag(member));
  return Object.fromEntries(
    current.map((member) => {
      const [, block] = /inputs\.(\w+\.\w+)/.exec(member.type.getText()) ?? [];
      return [member.name.getText() + (member.questionToken ? "" : "!"), block ? argumentsOf(nested.get(block)) : 1];
    }),
  );
}

function resource(module) {
  const [name, declaration] = [...interfaces(parse(`${module}.d.ts`))].find(([name]) => name.endsWith("Args")) ?? [];
  if (name === undefined) throw new Error(`${module} has no arguments`);
  return argumentsOf(declaration);
}

const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const resources = Object.entries(MODULES).map(([type, module]) => `  ${JSON.stringify(type)}: ${JSON.stringify(resource(module))}`);
writeFileSync(new URL("src/kit/provider.json", import.meta.url), `{\n  "from": ${JSON.stringify(`${name} ${version}`)},\n${resources.join(",\n")}\n}\n`);
