// What surrounds the walkthrough: secondary ranges, routes, private zones, tags, resource groups, certificates, policies.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { list, text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { barriers, choose, drawer, fill, logOn, menu, open, press, row, send } from "./browser.ts";

let page: Page;
let owner: Account;

beforeAll(async () => {
  owner = await account("networker");
  const vpc = text(await owner.api("Vpc", "CreateVpc", { VpcName: "vpc-1", CidrBlock: "10.0.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId: vpc }, "Vpcs.Vpc.0.Status=Available");
  const vswitch = text(await owner.api("Vpc", "CreateVSwitch", { VpcId: vpc, ZoneId: "cn-hangzhou-g", CidrBlock: "10.0.1.0/24", VSwitchName: "vsw-1" }), "VSwitchId");
  await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: "router", VSwitchId: vswitch });
  page = await open();
  await logOn(page, owner.key);
});

const tab = (name: string) => page.getByRole("tab", { name, exact: true }).click();
/** Sends a form that is refused for this reason, and stays open. */
const refusedForm = async (code: string) => {
  await press(drawer(page), "OK");
  await drawer(page).locator(".ant-alert").filter({ hasText: code }).waitFor();
};
const confirm = () => press(page.getByRole("tooltip"), "OK");
const remove = async (text: string) => {
  await press(row(page, text), "Delete");
  await confirm();
};
/** Waits until it is told that something was refused, and why, and closes that. */
const refused = async (code: string) => {
  await page.locator(".ant-notification-notice").filter({ hasText: code }).waitFor();
  await press(page.locator(".ant-notification-notice"), "Close");
};

test("a VPC gets another range and a tag, and loses them again", async () => {
  await menu(page, "VPCs");
  await row(page, "vpc-1").getByRole("link").first().click();
  await tab("Secondary CIDR Blocks");
  await press(page, "Add Secondary CIDR Block");
  await fill(drawer(page), "CIDR Block", "172.16.0.0/16");
  await send(page);
  await row(page, "172.16.0.0/16").waitFor();
  await remove("172.16.0.0/16");
  await page.getByText("No secondary CIDR block.").waitFor();
  await tab("Tags");
  await press(page, "Add Tag");
  await fill(drawer(page), "Tag Key", "team");
  await fill(drawer(page), "Tag Value", "shop");
  await send(page);
  await row(page, "team").getByText("shop").waitFor();
  expect(list(await owner.api("Vpc", "DescribeVpcs", { Tag: [{ Key: "team", Value: "shop" }] }), "Vpcs.Vpc").length).toBe(1);
  await remove("team");
  await page.getByText("No tag yet.").waitFor();
});

test("a vSwitch gets a tag, and what has it is found by it", async () => {
  await menu(page, "vSwitches");
  await row(page, "vsw-1").getByRole("link").first().click();
  await press(page, "Add Tag");
  await fill(drawer(page), "Tag Key", "floor");
  await fill(drawer(page), "Tag Value", "one");
  await send(page);
  await row(page, "floor").getByText("one").waitFor();
  expect(list(await owner.api("Vpc", "DescribeVSwitches", { Tag: [{ Key: "floor", Value: "one" }] }), "VSwitches.VSwitch").length).toBe(1);
  expect(await barriers(page)).toEqual([]);
  await remove("floor");
  await page.getByText("No tag yet.").waitFor();
});

test("a VPC and a vSwitch get IPv6, an interface has addresses of it, and keeps it from being switched off", async () => {
  await menu(page, "VPCs");
  await press(row(page, "vpc-1"), "Enable IPv6");
  await confirm();
  await row(page, "vpc-1").getByText(/^fd69:7374:.*::\/56$/).waitFor();
  await menu(page, "vSwitches");
  await press(row(page, "vsw-1"), "Enable IPv6");
  await choose(page, drawer(page), "IPv6 CIDR Block", "7::/64");
  await send(page);
  await row(page, "vsw-1").getByText(/7::\/64$/).waitFor();
  await press(page, "Create vSwitch");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await drawer(page).getByRole("combobox", { name: "IPv6 CIDR Block" }).click();
  const offered = page.locator(".ant-select-dropdown:visible .ant-select-item-option");
  await offered.filter({ hasText: "6::/64" }).waitFor();
  expect(await offered.filter({ hasText: "7::/64" }).count()).toBe(0);
  await page.keyboard.press("Escape");
  await press(drawer(page), "Cancel");
  await menu(page, "ECS Instances");
  await row(page, "router").getByRole("link").first().click();
  await tab("Network Interfaces");
  await press(page, "Assign IPv6 Addresses");
  await send(page);
  await row(page, "Primary").getByText(/^fd69:7374:/).waitFor();
  expect(await barriers(page)).toEqual([]);
  await menu(page, "vSwitches");
  await press(row(page, "vsw-1"), "Disable IPv6");
  await confirm();
  await refused("Ipv6InstanceExist");
  await menu(page, "ECS Instances");
  await row(page, "router").getByText(/^fd69:7374:/).waitFor();
  await row(page, "router").getByRole("link").first().click();
  await tab("Network Interfaces");
  await press(page, "Unassign IPv6 Addresses");
  await choose(page, drawer(page), "IPv6 Addresses", "fd69:");
  await send(page);
  await menu(page, "vSwitches");
  await press(row(page, "vsw-1"), "Disable IPv6");
  await confirm();
  await row(page, "vsw-1").getByText("::/64").waitFor({ state: "hidden" });
});

test("who is logged on is told the account's number, and where more accounts are made", async () => {
  await menu(page, "Account & Keys");
  await page.getByText(owner.number, { exact: true }).waitFor();
  await page.getByRole("group", { name: "CLI" }).getByText(`isthmus key create ${owner.number}`).waitFor();
});

test("a route table of one's own leads a vSwitch through an instance", async () => {
  await menu(page, "Route Tables");
  await row(page, "System").waitFor();
  await press(page, "Create Route Table");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await fill(drawer(page), "Name", "detour");
  await send(page);
  await row(page, "detour").getByRole("link").first().click();
  await press(page, "Add Route");
  await fill(drawer(page), "Destination", "192.168.0.0/16");
  await choose(page, drawer(page), "Next Hop", "router");
  await send(page);
  await row(page, "192.168.0.0/16").getByText("Instance i-").waitFor();
  await press(page, "Add Route");
  await choose(page, drawer(page), "Next Hop", "router");
  for (const [destination, code] of [
    ["192.168.0.0/16", "InvalidCIDRBlock.Duplicate"],
    ["192.168.0.1/16", "InvalidDestinationCidrBlock"],
    ["10.0.1.0/25", "OperationUnsupported.DestinationCidrBlockOverlapWithVSwitch"],
  ] as const) {
    await fill(drawer(page), "Destination", destination);
    await refusedForm(code);
  }
  await fill(drawer(page), "Destination", "fd00::/8");
  await drawer(page).locator(".ant-form-item-explain-error").waitFor();
  await press(drawer(page), "Cancel");
  await tab("vSwitches");
  await press(page, "Associate vSwitch");
  await choose(page, drawer(page), "vSwitch", "vsw-1");
  await send(page);
  await row(page, "vsw-1").waitFor();
  expect(await barriers(page)).toEqual([]);
  await menu(page, "Route Tables");
  await press(page, "Create Route Table");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await fill(drawer(page), "Name", "another");
  await send(page);
  await row(page, "another").getByRole("link").first().click();
  await tab("vSwitches");
  await press(page, "Associate vSwitch");
  await choose(page, drawer(page), "vSwitch", "vsw-1");
  await refusedForm("ResourceAlreadyAssociated.RouteTable");
  await press(drawer(page), "Cancel");
});

test("a prefix list names ranges, gets and loses some, and stays while a rule of a security group names it", async () => {
  const VpcId = text(await owner.api("Vpc", "DescribeVpcs", { VpcName: "vpc-1" }), "Vpcs.Vpc.0.VpcId");
  const group = text(await owner.api("Ecs", "CreateSecurityGroup", { VpcId, SecurityGroupName: "listed" }), "SecurityGroupId");
  await menu(page, "Prefix Lists");
  await page.getByText("No prefix list yet.").waitFor();
  await press(page, "Create Prefix List");
  await fill(drawer(page), "Name", "offices");
  await fill(drawer(page), "Maximum Entries", "2");
  for (const number of [1, 2, 3]) {
    await press(drawer(page), "Add Entry");
    await fill(drawer(page).getByRole("group", { name: `Entries ${number}` }), "CIDR Block", number === 2 ? "fd00::/8" : `10.${number}.0.0/16`);
  }
  await press(drawer(page), "OK");
  await drawer(page).getByText("not of the list's address family").waitFor();
  await drawer(page).getByText("no room for so many").first().waitFor();
  for (const number of [3, 2]) await press(drawer(page).getByRole("group", { name: `Entries ${number}` }), "Delete");
  await send(page);
  await row(page, "10.1.0.0/16").waitFor();
  const id = new globalThis.URL(page.url()).pathname.split("/").at(-1) ?? "";
  await page.getByText("1 / 2", { exact: true }).waitFor();
  await press(page, "Add Entry");
  await fill(drawer(page), "CIDR Block", "10.2.0.0/16");
  await send(page);
  await press(row(page, "10.2.0.0/16"), "Modify");
  await fill(drawer(page), "Description", "branch");
  await send(page);
  await row(page, "10.2.0.0/16").getByText("branch").waitFor();
  await page.getByText("2 / 2", { exact: true }).waitFor();
  await remove("10.1.0.0/16");
  await page.getByText("1 / 2", { exact: true }).waitFor();
  await menu(page, "Security Groups");
  await row(page, "listed").getByRole("link").first().click();
  for (const [where, type, peer] of [["Inbound", "Source Type", "Source"], ["Outbound", "Destination Type", "Destination"]] as const) {
    await tab(where);
    await press(page, "Add Rule");
    await choose(page, drawer(page), type, "Prefix List");
    await choose(page, drawer(page), peer, "offices");
    await send(page);
    await row(page, id).getByText("tcp").waitFor();
  }
  await press(page, "Add Rule");
  await choose(page, drawer(page), "Destination Type", "Security Group");
  await choose(page, drawer(page), "Destination", "listed");
  await send(page);
  await row(page, group).getByText("tcp").waitFor();
  await tab("Inbound");
  await row(page, id).getByRole("link", { name: id }).click();
  await tab("Associated Resources");
  await row(page, group).waitFor();
  expect(await barriers(page)).toEqual([]);
  await menu(page, "Prefix Lists");
  await press(row(page, "offices"), "Modify");
  await fill(drawer(page), "Name", "branches");
  await send(page);
  await remove("branches");
  await refused("DependencyViolation");
  await owner.api("Ecs", "DeleteSecurityGroup", { SecurityGroupId: group });
  await remove("branches");
  await page.getByText("No prefix list yet.").waitFor();
});

test("a private zone names an address for the VPCs that it is bound to", async () => {
  await menu(page, "Private Zones");
  await press(page, "Create Private Zone");
  await fill(drawer(page), "Domain Name", "shop.internal");
  await send(page);
  await page.getByRole("link", { name: "shop.internal" }).click();
  await press(page, "Add Record");
  await fill(drawer(page), "Host Record", "www");
  await fill(drawer(page), "Value", "10.0.1.80");
  await send(page);
  await row(page, "www").getByText("10.0.1.80").waitFor();
  await press(row(page, "www"), "Modify");
  await fill(drawer(page), "Value", "10.0.1.81");
  await send(page);
  await row(page, "www").getByText("10.0.1.81").waitFor();
  await tab("VPCs");
  await press(page, "Bind VPC");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await send(page);
  await row(page, "vpc-1").waitFor();
  expect(await barriers(page)).toEqual([]);
});

test("a resource group is made, chosen in a form, and not deleted while something is in it", async () => {
  await menu(page, "Resource Groups");
  await press(page, "Create Resource Group");
  await fill(drawer(page), "Name", "shop");
  await fill(drawer(page), "Display Name", "The shop");
  await send(page);
  await row(page, "The shop").waitFor();
  await menu(page, "VPCs");
  await press(page, "Create VPC");
  await fill(drawer(page), "Name", "grouped");
  await drawer(page).getByRole("switch", { name: "Enable IPv6" }).click();
  await choose(page, drawer(page), "Resource Group", "The shop");
  await send(page);
  await row(page, "grouped").getByText(/^fd69:7374:/).waitFor();
  await menu(page, "Resource Groups");
  await remove("The shop");
  await refused("DeleteConflict.ResourceGroup.Resource");
});

test("a certificate is uploaded, and one that does not fit its key is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const make = (name: string) => {
    const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    execFileSync("openssl", [...args, "-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)], { stdio: "ignore" });
    return { chain: readFileSync(join(folder, `${name}.pem`), "utf8"), key: readFileSync(join(folder, `${name}.key`), "utf8") };
  };
  const [shop, other] = [make("shop.example"), make("other.example")];
  rmSync(folder, { recursive: true });
  await menu(page, "Certificates");
  await press(page, "Upload Certificate");
  await fill(drawer(page), "Name", "shop");
  await fill(drawer(page), "Certificate", shop.chain);
  await fill(drawer(page), "Private Key", other.key);
  await refusedForm("InvalidParameter.Key");
  await fill(drawer(page), "Private Key", shop.key);
  await send(page);
  await row(page, "shop.example").waitFor();
  await remove("shop.example");
  await page.getByText("No certificate yet.").waitFor();
});

test("UDP servers are asked a question, in the texts that a form takes together or not at all", async () => {
  await menu(page, "Server Groups");
  await press(page, "Create Server Group");
  await fill(drawer(page), "Server Group Name", "names");
  await choose(page, drawer(page), "VPC", "vpc-1");
  await choose(page, drawer(page), "Backend Server Protocol", "UDP");
  await drawer(page).getByRole("switch", { name: "Advanced Settings" }).click();
  await choose(page, drawer(page), "Health Check Protocol", "UDP");
  await fill(drawer(page), "Health Check Request", "ping");
  await press(drawer(page), "Create");
  await drawer(page).getByText("give both or neither").waitFor();
  await fill(drawer(page), "Expected Response", "pong");
  await drawer(page).getByText("give both or neither").waitFor({ state: "hidden" });
  await send(page, "Create");
  await press(row(page, "names"), "Configure Health Check");
  await fill(drawer(page), "Expected Response", "fine");
  await send(page);
  await row(page, "names").getByRole("link").first().click();
  await page.getByRole("main").getByText("ping", { exact: true }).waitFor();
  await page.getByRole("main").getByText("fine", { exact: true }).waitFor();
});

test("a TLS policy of one's own is made, beside those of the system", async () => {
  await menu(page, "TLS Security Policies");
  await press(page, "Create TLS Security Policy");
  await fill(drawer(page), "Name", "modern");
  await choose(page, drawer(page), "TLS Versions", "TLSv1.2");
  await choose(page, drawer(page), "Cipher Suites", "ECDHE-RSA-AES256-GCM-SHA384");
  await send(page);
  await row(page, "modern").getByText("Available").waitFor();
  await tab("System Policies");
  await row(page, "tls_cipher_policy_1_2").first().waitFor();
});
