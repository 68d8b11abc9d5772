// An account of a test's own: empty at first, so that tests do not meet. The API is called as it, with the console's own client.
import { setTimeout } from "node:timers/promises";
import { read, request, text, type Answer, type Params, type Product } from "../src/api/call.ts";
import type { Key } from "../src/api/sign.ts";
import { isthmus, URL } from "./browser.ts";
import { PATIENCE } from "./patience.ts";

export interface Account {
  number: string;
  key: Key;
  /** Calls the API; with `until`, such as `Status=Available`, again and again until the answer is so. */
  api: (product: Product, action: string, params?: Params, until?: string) => Promise<Answer>;
}

/** Time between two askings, milliseconds. */
const PAUSE = 50;

/** Calls the API with a key. */
export const caller =
  (key: Key): Account["api"] =>
  async (product, action, params = {}, until = "") => {
    const [path = "", wanted = ""] = until.split("=");
    for (const end = Date.now() + PATIENCE; ; await setTimeout(PAUSE)) {
      const answer = await read(await fetch(URL, await request(new globalThis.URL(URL).host, key, { product, action, params })));
      const found = text(answer, path);
      if (found === wanted) return answer;
      if (Date.now() > end) throw new Error(`${action}: waited for ${until}, and it is ${found}`);
    }
  };

export async function account(name: string): Promise<Account> {
  const number = isthmus("account", "create", name).trim();
  const [, id = "", secret = ""] = /key (\S+), secret (\S+):/.exec(isthmus("key", "create", number)) ?? [];
  const key = { id, secret };
  return Promise.resolve({ number, key, api: caller(key) });
}
