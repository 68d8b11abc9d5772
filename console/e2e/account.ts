// An account of a test's own: empty at first, so that tests do not meet. The API is called as it, by the command line.
import { execFileSync } from "node:child_process";
import { flatten, type Answer, type Params } from "../src/api/call.ts";
import type { Key } from "../src/api/sign.ts";
import { isthmus, PROGRAM, STATE } from "./browser.ts";

export interface Account {
  number: string;
  key: Key;
  /** Calls the API; with `until`, such as `Status=Available`, again and again until the answer is so. */
  api: (product: string, action: string, params?: Params, until?: string) => Answer;
}

export function account(name: string): Account {
  const number = isthmus("account", "create", name).trim();
  const [, id = "", secret = ""] = /key (\S+), secret (\S+):/.exec(isthmus("key", "create", number)) ?? [];
  const env = { ...process.env, ISTHMUS_ACCESS_KEY_ID: id, ISTHMUS_ACCESS_KEY_SECRET: secret };
  const api: Account["api"] = (product, action, params = {}, until) => {
    const given = flatten(params).flatMap(([name, value]) => [`--${name}`, value]);
    const wait = until === undefined ? [] : ["--until", until];
    const printed = execFileSync(PROGRAM, ["api", "--state", STATE, ...wait, product, action, ...given], { encoding: "utf8", env });
    return JSON.parse(printed) as Answer;
  };
  return { number, key: { id, secret }, api };
}
