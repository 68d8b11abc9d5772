// Two browsers at once: the provider's and the consumer's, each sees its own side, and both see what happens between them.
import { beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { account } from "./account.ts";
import { logOn, menu, open, press, row, send, steps } from "./browser.ts";
import { consume, provide, type Consumed, type Provided } from "./shop.ts";

let provider: Page;
let consumer: Page;
let offered: Provided;
let used: Consumed;

beforeAll(async () => {
  const [seller, buyer] = [await account("seller"), await account("buyer")];
  offered = await provide(seller, buyer.number);
  used = await consume(buyer, offered.service);
  [provider, consumer] = [await open(), await open()];
  await logOn(provider, seller.key);
  await logOn(consumer, buyer.key);
});

steps();

test("each sees its own side alone", async () => {
  await row(provider, "vpc-2").waitFor();
  await row(consumer, "vpc-1").waitFor();
  expect(await row(provider, "vpc-1").count()).toBe(0);
  expect(await row(consumer, "vpc-2").count()).toBe(0);
  await menu(provider, "Endpoints");
  await provider.getByText("No endpoint yet.").waitFor();
  await menu(consumer, "Endpoint Services");
  await consumer.getByText("No endpoint service yet.").waitFor();
});

test("the consumer is told that it waits for the provider, who allows it, and both see it connected", async () => {
  await menu(consumer, "Endpoints");
  await row(consumer, "endpoint-1").getByRole("link").first().click();
  await consumer.getByText("the provider has not allowed this connection yet").waitFor();
  await menu(provider, "Endpoint Services");
  await row(provider, "shop").getByRole("link").first().click();
  await row(provider, used.endpoint).getByText("Disconnected").first().waitFor();
  await press(provider, "Allow");
  await send(provider);
  await row(provider, used.endpoint).getByText("Connected", { exact: true }).first().waitFor();
  await consumer.getByText("Connected", { exact: true }).first().waitFor();
  await consumer.getByText("has not allowed this connection yet").waitFor({ state: "hidden" });
});
