// How lists come in pages, which each product asks for in its own way.
import { text, type Answer, type Call, type Params } from "../api/call.ts";

/** How an action pages: by number, by token, or not at all. */
export type Paging = "number" | "token" | "pvtz" | "cas" | "none";

/** Most rows of lists that give fewer than others of their product. */
const FEWER: Record<string, number> = { ListVpcEndpointSecurityGroups: 50 };

/** Most rows that the action gives at once. */
export function largest({ product, action }: Call, paging: Paging): number {
  const fewer = FEWER[action];
  if (fewer !== undefined) return fewer;
  switch (paging) {
    case "number":
      return 50;
    case "token":
      return product === "Privatelink" ? 1000 : 100;
    case "pvtz":
    case "cas":
      return 100;
    case "none":
      return 0;
  }
}

/** Where a page is: which it is, and the token that asks for it where there are tokens. */
export interface Place {
  number: number;
  token: string;
}

export const FIRST: Place = { number: 1, token: "" };

function pageParams({ action }: Call, paging: Paging, { number, token }: Place, size: number): Params {
  switch (paging) {
    case "number":
    case "pvtz":
      return { PageNumber: number, PageSize: size };
    case "cas":
      return { CurrentPage: number, ShowSize: size };
    case "token":
      return { [action === "DescribeRouteEntryList" ? "MaxResult" : "MaxResults"]: size, NextToken: token };
    case "none":
      return {};
  }
}

export function pageOf(call: Call, paging: Paging, place: Place, size: number): Call {
  return { ...call, params: { ...call.params, ...pageParams(call, paging, place, size) } };
}

/** Rows on all pages, as an answer counts them; nothing when it does not. */
export function total(paging: Paging, answer: Answer | undefined): number | undefined {
  const counted = text(answer, paging === "pvtz" ? "TotalItems" : "TotalCount");
  return counted === "" ? undefined : Number(counted);
}

/** The page after one that was answered; none when there is no other. */
export function following(paging: Paging, answer: Answer | undefined, { number }: Place, size: number): Place | undefined {
  switch (paging) {
    case "token": {
      const token = text(answer, "NextToken");
      return token === "" ? undefined : { number: number + 1, token };
    }
    case "number":
    case "pvtz":
    case "cas":
      return (total(paging, answer) ?? 0) > number * size ? { number: number + 1, token: "" } : undefined;
    case "none":
      return undefined;
  }
}

export type Ask = (call: Call) => Promise<Answer>;

/** Every page, one after the other, until who reads has enough. */
export async function* pagesOf(ask: Ask, call: Call, paging: Paging): AsyncGenerator<Answer> {
  const size = largest(call, paging);
  for (let place: Place | undefined = FIRST; place !== undefined; ) {
    const answer = await ask(pageOf(call, paging, place, size));
    yield answer;
    place = following(paging, answer, place, size);
  }
}

/** Tokens that are known, by how many rows stand before what they ask for. */
export type Tokens = Map<number, string>;

/** A page by its number. Where there are tokens, as many rows as the action gives at once are passed over on the way. */
export async function placeOf(ask: Ask, call: Call, paging: Paging, number: number, size: number, tokens: Tokens): Promise<Place> {
  if (paging !== "token") return { number, token: "" };
  const before = (number - 1) * size;
  let at = Math.max(0, ...[...tokens.keys()].filter((known) => known <= before));
  let token = tokens.get(at) ?? "";
  while (at < before) {
    const step = Math.min(largest(call, paging), before - at);
    const next = text(await ask(pageOf(call, paging, { number: 1, token }, step)), "NextToken");
    // Some rows have gone since they were counted: this is the last page now.
    if (next === "") break;
    at += step;
    token = next;
    tokens.set(at, token);
  }
  return { number: Math.floor(at / size) + 1, token };
}
