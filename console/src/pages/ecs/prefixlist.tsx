import { useParams } from "react-router";
import { list, text, type Answer, type Call } from "../../api/call.ts";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { rows, single, str, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { Said } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { entriesField } from "./prefixlists.tsx";

const change = (id: string, params: Call["params"]): Call => ({ product: "Ecs", action: "ModifyPrefixList", params: { PrefixListId: id, ...params } });

const count = (found: Answer) => list(found, "Entries.Entry").length;

const add = (id: string, found: Answer): FormSpec => ({
  title: "addEntry",
  steps: single("addEntry", [
    entriesField("AddEntry", () => ({ family: text(found, "AddressFamily"), left: Number(text(found, "MaxEntries")) - count(found) }), 1),
  ]),
  call: (entries) => change(id, { AddEntry: rows(entries["AddEntry"]) }),
});

/** A range that is added again gets another description. */
const describe = (id: string, row: Answer): FormSpec => ({
  title: "modify",
  steps: single("modify", [{ name: "Description", label: "description", kind: "text" }]),
  initial: { Description: text(row, "Description") },
  call: (entries) => change(id, { AddEntry: [{ Cidr: text(row, "Cidr"), Description: str(entries["Description"]) }] }),
});

const ranges = (id: string, found: Answer): ListSpec => ({
  title: "entries",
  call: { product: "Ecs", action: "DescribePrefixListAttributes", params: { PrefixListId: id } },
  paging: "none",
  rows: (answer) => list(answer, "Entries.Entry"),
  id: (row) => text(row, "Cidr"),
  columns: [
    { title: "cidrBlock", show: (row) => text(row, "Cidr") },
    { title: "description", show: (row) => text(row, "Description") },
  ],
  empty: "noEntries",
  create: [add(id, found)],
  actions: [
    { label: "modify", form: (row) => describe(id, row) },
    { label: "remove", confirm: "removeThis", call: (row) => change(id, { RemoveEntry: [{ Cidr: text(row, "Cidr") }] }) },
  ],
});

const associations = (id: string): ListSpec => ({
  title: "associations",
  call: { product: "Ecs", action: "DescribePrefixListAssociations", params: { PrefixListId: id } },
  paging: "token",
  rows: (answer) => list(answer, "PrefixListAssociations.PrefixListAssociation"),
  id: (row) => text(row, "ResourceId"),
  columns: [
    { title: "id", show: (row) => <Ids of={[text(row, "ResourceId")]} /> },
    { title: "type", show: (row) => <Said word={text(row, "ResourceType")} /> },
  ],
  empty: "noAssociations",
});

const detail = (id: string): DetailSpec => ({
  parent: { label: "prefixLists", path: "/ecs/prefixlists" },
  id,
  call: { product: "Ecs", action: "DescribePrefixListAttributes", params: { PrefixListId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["name", text(found, "PrefixListName")],
    ["addressFamily", text(found, "AddressFamily")],
    ["entries", `${count(found)} / ${text(found, "MaxEntries")}`],
    ["created", text(found, "CreationTime")],
    ["description", text(found, "Description")],
  ],
  tabs: [
    { label: "entries", show: (found) => <List level={3} spec={ranges(id, found)} /> },
    { label: "associations", show: () => <List level={3} spec={associations(id)} /> },
    { label: "tags", show: () => <Tags of={{ product: "Ecs", type: "prefixlist", id }} /> },
  ],
});

export default function PrefixList() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
