// What becomes of connections, as each side sees it: asked beforehand, really tried, and told by the flow log.
import { beforeAll, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { text } from "../src/api/call.ts";
import { account, type Account } from "./account.ts";
import { barriers, choose, logOn, menu, open, press, row, steps, URL } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

let buyer: Account;
let provider: Page;
let consumer: Page;
let offered: Provided;
let used: Consumed;

steps();

beforeAll(async () => {
  const seller = await account("shopkeeper");
  buyer = await account("customer");
  offered = await provide(seller, buyer.number);
  used = await consume(buyer, offered.service);
  await seller.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: used.endpoint, ServiceId: offered.service });
  await buyer.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: used.endpoint }, "ConnectionStatus=Connected");
  // Whoever is chosen answers.
  await seller.api("Nlb", "GetListenerHealthStatus", { ListenerId: offered.listener }, "ListenerHealthStatus.0.ServerGroupInfos.0.NonNormalServers.0.ServerId=");
  [provider, consumer] = [await open(), await open()];
  await logOn(provider, seller.key);
  await logOn(consumer, buyer.key);
});

const domain = async () => text(await buyer.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: used.endpoint }), "EndpointDomain");

/** Runs a command on ECS 01, which is told the endpoint's domain. */
async function run(command: (domain: string) => string): Promise<void> {
  const instance = text(await buyer.api("Ecs", "DescribeInstances", { InstanceName: "ECS-01" }), "Instances.Instance.0.InstanceId");
  const CommandContent = Buffer.from(command(await domain())).toString("base64");
  await buyer.api("Ecs", "RunCommand", { Type: "RunShellScript", CommandContent, ContentEncoding: "Base64", InstanceId: [instance], Timeout: 600 });
}

/** Opens the curves of a resource. */
async function monitoring(page: Page, path: string): Promise<void> {
  await page.goto(`${URL}/console${path}`);
  await page.getByRole("tab", { name: "Monitoring" }).click();
}

const curve = (page: Page, title: string, values: RegExp) => page.getByRole("img", { name: new RegExp(`^${title}: ${values.source}`) });
const SOME = /[1-9][\d.]* k?B\/s/;
const TRAFFIC = new RegExp(`sent ${SOME.source}, received ${SOME.source}`);

/** Points of a canvas that are drawn in this colour. */
const drawn = (canvas: Locator, colour: [number, number, number]) =>
  canvas.evaluate((element, [red, green, blue]) => {
    const { width, height } = element as HTMLCanvasElement;
    const points = (element as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    return Array.from({ length: points.length / 4 }, (_, at) => at * 4).filter((at) => points[at] === red && points[at + 1] === green && points[at + 2] === blue).length;
  }, colour);

test("a trace says which rule stops a connection, and what it passes then, but nothing of the provider's side", async () => {
  await menu(consumer, "Connectivity Test");
  const main = consumer.getByRole("main");
  await choose(consumer, main, "Instance", "ECS-01");
  await choose(consumer, main, "Target", used.endpoint);
  await press(consumer, "Trace");
  await row(consumer, "endpoint rules").getByText("drop", { exact: true }).waitFor();
  await consumer.getByText("The connection would not pass").waitFor();
  const rule = { SecurityGroupId: used.securityGroup, IpProtocol: "tcp", PortRange: "80/80", SourceCidrIp: "10.0.0.0/16" };
  await buyer.api("Ecs", "AuthorizeSecurityGroup", rule);
  await expect.poll(async () => {
    await press(consumer, "Trace");
    return consumer.getByText("The connection would pass.").isVisible();
  }).toBe(true);
  await row(consumer, "provider").getByText("takes it").waitFor();
  for (const hidden of [offered.balancer, offered.listener, offered.group, ...offered.servers]) {
    expect(await main.innerText()).not.toContain(hidden);
  }
  expect(await barriers(consumer)).toEqual([]);
});

test("a trace is told in Chinese too", async () => {
  await press(consumer, "中文");
  await consumer.getByText("连接可以通过。").waitFor();
  await row(consumer, "终端节点规则").getByText(`${used.securityGroup} 的规则：允许 tcp 80/80，来自 10.0.0.0/16，优先级 1`).waitFor();
  await row(consumer, "服务方").getByText("接受", { exact: true }).waitFor();
  for (const told of await consumer.getByRole("main").locator("tbody tr").allInnerTexts()) expect(told).not.toMatch(/[a-z]{2,} [a-z]{2,}/);
  expect(await barriers(consumer)).toEqual([]);
  await consumer.getByRole("combobox", { name: "目标" }).fill("nowhere.example");
  await press(consumer, "追踪");
  await consumer.getByText("nowhere.example 既不是地址，也不是客户端专有网络中的域名。").waitFor();
  await consumer.getByRole("combobox", { name: "目标" }).fill(await domain());
  await press(consumer, "English");
});

test("a request is really sent, and its answer shown", async () => {
  await press(consumer, "Send a Request");
  await consumer.getByRole("log").getByText(/ECS-0[34] serves/).waitFor();
});

test("each side reads of its connections, live and with the reason, and nothing of the other's", async () => {
  await menu(consumer, "Connections");
  await row(consumer, used.endpoint).filter({ has: consumer.getByText("new", { exact: true }) }).first().waitFor();
  await menu(provider, "Connections");
  const served = row(provider, offered.listener).filter({ has: provider.getByText("new", { exact: true }) }).first();
  await served.waitFor();
  // What is refused while the page is open appears by itself.
  await run((domain) => `curl -m 1 http://${domain}:81/`);
  await row(consumer, "denied").getByText("A security group of the endpoint does not let it in").first().waitFor();
  expect(await barriers(consumer)).toEqual([]);
  await choose(consumer, consumer.getByRole("main"), "Event", "denied");
  await row(consumer, used.endpoint).filter({ has: consumer.getByText("new", { exact: true }) }).first().waitFor({ state: "hidden" });
  await consumer.getByLabel("Address, port or ID").fill("82");
  await consumer.getByText("No connection is like this.").waitFor();
  // The consumer does not see servers, the provider neither what was asked for nor what the consumer's own rules refuse.
  await consumer.getByLabel("Address, port or ID").fill("");
  for (const hidden of [offered.listener, ...offered.servers]) expect(await consumer.getByRole("table").innerText()).not.toContain(hidden);
  expect(await row(provider, "denied").count()).toBe(0);
  expect(await served.innerText()).toContain("–");
});

test("curves show what an endpoint, a listener and a server carry, and how well servers are", async () => {
  await run((domain) => `for round in $(seq 1000); do curl -s -m 1 -o /dev/null http://${domain}/; sleep 0.1; done`);
  await monitoring(consumer, `/privatelink/endpoints/${used.endpoint}`);
  await curve(consumer, "Traffic", TRAFFIC).waitFor();
  await curve(consumer, "Connections", /open \d+, new [\d.]+ \/s/).waitFor();
  // What the server side carries is the provider's.
  expect(await consumer.getByRole("img", { name: /^Health/ }).count()).toBe(0);
  await expect.poll(() => drawn(curve(consumer, "Traffic", /sent/).locator("canvas"), [0x09, 0x58, 0xd9])).toBeGreaterThan(0);
  expect(await barriers(consumer)).toEqual([]);
  await monitoring(provider, `/nlb/instances/${offered.balancer}/listeners/${offered.listener}`);
  await curve(provider, "Traffic", TRAFFIC).waitFor();
  await curve(provider, "Health", /healthy 2, unhealthy 0/).waitFor();
  await monitoring(provider, `/nlb/servergroups/${offered.group}`);
  await choose(provider, provider.getByRole("main"), "Monitored", "10.0.1.");
  await curve(provider, "Traffic", TRAFFIC).waitFor();
  await curve(provider, "Health", /healthy 1, unhealthy 0, last probe [\d.]+ ms/).waitFor();
  expect(await barriers(provider)).toEqual([]);
});

test("the picture shows what passes from clients to servers", async () => {
  await run((domain) => `for round in $(seq 1000); do curl -s -m 1 -o /dev/null http://${domain}/; sleep 0.1; done`);
  await menu(provider, "Topology");
  // Endpoint, service, load balancer, listener, group: the way of every connection, and one of the servers at least.
  await expect.poll(() => provider.locator(".join.busy").count()).toBeGreaterThanOrEqual(5);
  await provider.locator(".join.busy.Connected").filter({ hasText: SOME }).waitFor({ state: "attached" });
  await menu(consumer, "Topology");
  await consumer.locator(".join.busy.Connected").filter({ hasText: SOME }).waitFor({ state: "attached" });
  expect(await consumer.locator(".join").count()).toBe(1);
});
