import { Link } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import type { Word } from "../../i18n/index.tsx";
import { rows, single, str, type Entries, type Entry, type Field, type FormSpec } from "../../kit/form.ts";
import { isIpv6 } from "../../kit/ipv6.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { among } from "../../kit/narrow.ts";
import { resourceGroup } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";

/** Most ranges that a list can have room for. */
const MOST = 200;

/** A list has ranges of one address family, and only as many as it has room for. */
export interface Room {
  family: Entry;
  left: number;
}

/** The ranges that are entered in a form, each with what it is for. */
export const entriesField = (name: string, room: (entries: Entries) => Room, least: number): Field => ({
  name,
  label: "entries",
  kind: "group",
  add: "addEntry",
  hint: "entriesHint",
  least,
  fields: [
    { name: "Cidr", label: "cidrBlock", kind: "text", required: true, check: (entries, row) => misfit(str(row["Cidr"]), rows(entries[name]), room(entries)) },
    { name: "Description", label: "description", kind: "text" },
  ],
});

function misfit(range: string, all: Entries[], { family, left }: Room): Word | undefined {
  if (range === "") return undefined;
  if (isIpv6(range) !== (family === "IPv6")) return "rangeOfOtherFamily";
  if (all.filter((other) => str(other["Cidr"]) === range).length > 1) return "rangeTwice";
  return all.length > left ? "noRoomForRange" : undefined;
}

const create: FormSpec = {
  title: "createPrefixList",
  steps: single("createPrefixList", [
    { name: "PrefixListName", label: "name", kind: "text", required: true },
    { name: "AddressFamily", label: "addressFamily", kind: "select", initial: "IPv4", options: ["IPv4", "IPv6"].map((value) => ({ value, label: { text: value } })) },
    { name: "MaxEntries", label: "maxEntries", kind: "number", least: 1, most: MOST, initial: 10, required: true, hint: "maxEntriesHint" },
    entriesField("Entry", (entries) => ({ family: entries["AddressFamily"], left: Number(entries["MaxEntries"] ?? MOST) }), 0),
    { name: "Description", label: "description", kind: "text" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Ecs",
    action: "CreatePrefixList",
    params: {
      PrefixListName: str(entries["PrefixListName"]),
      AddressFamily: str(entries["AddressFamily"]),
      MaxEntries: entries["MaxEntries"],
      Entry: rows(entries["Entry"]),
      Description: str(entries["Description"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
  then: (answer) => `/ecs/prefixlists/${text(answer, "PrefixListId")}`,
};

const modify = (row: Answer): FormSpec => ({
  title: "modifyPrefixList",
  steps: single("modifyPrefixList", [
    { name: "PrefixListName", label: "name", kind: "text", required: true },
    { name: "Description", label: "description", kind: "text" },
  ]),
  initial: { PrefixListName: text(row, "PrefixListName"), Description: text(row, "Description") },
  call: (entries) => ({
    product: "Ecs",
    action: "ModifyPrefixList",
    params: { PrefixListId: text(row, "PrefixListId"), PrefixListName: str(entries["PrefixListName"]), Description: str(entries["Description"]) },
  }),
});

const prefixLists: ListSpec = {
  title: "prefixLists",
  call: { product: "Ecs", action: "DescribePrefixLists" },
  paging: "token",
  rows: (answer) => list(answer, "PrefixLists.PrefixList"),
  id: (row) => text(row, "PrefixListId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/ecs/prefixlists/${text(row, "PrefixListId")}`}>{text(row, "PrefixListId")}</Link> },
    { title: "name", show: (row) => text(row, "PrefixListName") },
    { title: "addressFamily", show: (row) => text(row, "AddressFamily") },
    { title: "maxEntries", show: (row) => text(row, "MaxEntries") },
    { title: "usedBy", show: (row) => text(row, "AssociationCount") },
    { title: "description", show: (row) => text(row, "Description") },
  ],
  search: searches.prefixLists,
  filters: [among("addressFamily", "AddressFamily", ["IPv4", "IPv6"])],
  empty: "noPrefixLists",
  create: [create],
  actions: [
    { label: "modify", form: modify },
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Ecs", action: "DeletePrefixList", params: { PrefixListId: text(row, "PrefixListId") } }),
    },
  ],
};

export default function PrefixLists() {
  return <List spec={prefixLists} />;
}
