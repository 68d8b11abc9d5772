// How lists come in pages, which each product asks for in its own way.
import { text, type Answer, type Call, type Params } from "../api/call.ts";

/** How an action pages: by number, by token, or not at all. */
export type Paging = "number" | "token" | "pvtz" | "cas" | "none";

/** Most rows that the action gives at once. */
export function largest({ product }: Call, paging: Paging): number {
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

/** What stands before the first page. */
export const FIRST = [""];

/** The page that the last of these tokens asks for; one that is asked for by its number counts them. */
export function pageParams(paging: Paging, tokens: string[], size: number): Params {
  switch (paging) {
    case "number":
    case "pvtz":
      return { PageNumber: tokens.length, PageSize: size };
    case "cas":
      return { CurrentPage: tokens.length, ShowSize: size };
    case "token":
      return { MaxResults: size, NextToken: tokens.at(-1) };
    case "none":
      return {};
  }
}

export function pageOf(call: Call, paging: Paging, tokens: string[], size: number): Call {
  return { ...call, params: { ...call.params, ...pageParams(paging, tokens, size) } };
}

/** Rows on all pages, as an answer counts them; empty when it does not. */
export const total = (paging: Paging, answer: Answer | undefined): string => text(answer, paging === "pvtz" ? "TotalItems" : "TotalCount");

/** The token of the page after the last of these; none when there is no other. */
export function following(paging: Paging, answer: Answer | undefined, tokens: string[], size: number): string | undefined {
  switch (paging) {
    case "token":
      return text(answer, "NextToken") || undefined;
    case "number":
    case "pvtz":
    case "cas":
      return Number(total(paging, answer)) > tokens.length * size ? String(tokens.length + 1) : undefined;
    case "none":
      return undefined;
  }
}

/** Every page, one after the other, until who reads has enough. */
export async function* pagesOf(ask: (call: Call) => Promise<Answer>, call: Call, paging: Paging): AsyncGenerator<Answer> {
  const size = largest(call, paging);
  for (let tokens = FIRST; ; ) {
    const answer = await ask(pageOf(call, paging, tokens, size));
    yield answer;
    const next = following(paging, answer, tokens, size);
    if (next === undefined) return;
    tokens = [...tokens, next];
  }
}
