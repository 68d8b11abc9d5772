import { expect, test } from "vitest";
import { text, type Answer, type Call } from "../api/call.ts";
import { following, FIRST, pageOf, pagesOf, placeOf, type Place, type Tokens } from "./paging.ts";

const CALL: Call = { product: "Privatelink", action: "ListVpcEndpoints" };

/** A list of so many rows, whose tokens are the numbers of the rows before; what was asked of it. */
function server(rows: number) {
  const asked: number[] = [];
  const ask = ({ params }: Call): Promise<Answer> => {
    const [size, from] = [Number(params?.["MaxResults"]), Number(params?.["NextToken"] ?? 0)];
    asked.push(size);
    const to = Math.min(rows, from + size);
    return Promise.resolve({ Rows: Array.from({ length: to - from }, (_, index) => from + index), NextToken: to < rows ? String(to) : "", TotalCount: rows });
  };
  return { ask, asked };
}

test("the last of five hundred pages is ten askings away, and the one before it one more", async () => {
  const { ask, asked } = server(10_000);
  const tokens: Tokens = new Map();
  expect(await placeOf(ask, CALL, "token", 500, 20, tokens)).toEqual({ number: 500, token: "9980" });
  expect(asked).toEqual([...Array.from({ length: 9 }, () => 1000), 980]);
  expect(await placeOf(ask, CALL, "token", 499, 20, tokens)).toEqual({ number: 499, token: "9960" });
  expect(asked.slice(10)).toEqual([960]);
  expect(await placeOf(ask, CALL, "token", 1, 20, tokens)).toEqual({ number: 1, token: "" });
});

test("where rows have gone meanwhile, the last page that there is is shown", async () => {
  const { ask } = server(30);
  expect((await placeOf(ask, CALL, "token", 9, 20, new Map())).number).toBe(1);
});

test("pages follow one another without gaps, by token and by number", async () => {
  const { ask } = server(2500);
  const pages = [];
  for await (const answer of pagesOf(ask, CALL, "token")) pages.push((answer["Rows"] as number[]).length);
  expect(pages).toEqual([1000, 1000, 500]);
  const second = following("number", { TotalCount: 21 }, FIRST, 20) as Place;
  expect(pageOf(CALL, "number", second, 20).params).toEqual({ PageNumber: 2, PageSize: 20 });
  expect(following("number", { TotalCount: 21 }, second, 20)).toBeUndefined();
  expect(text(await placeOf(ask, CALL, "number", 7, 20, new Map()), "number")).toBe("7");
});
