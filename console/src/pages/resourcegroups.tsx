import { list, text } from "../api/call.ts";
import { single, str } from "../kit/form.ts";
import { List, type ListSpec } from "../kit/list.tsx";
import { searches } from "../kit/search.ts";
import { Status } from "../kit/status.tsx";

const groups: ListSpec = {
  title: "resourceGroups",
  call: { product: "ResourceManager", action: "ListResourceGroups" },
  paging: "number",
  rows: (answer) => list(answer, "ResourceGroups.ResourceGroup"),
  id: (row) => text(row, "Id"),
  columns: [
    { title: "id", show: (row) => text(row, "Id") },
    { title: "name", show: (row) => text(row, "Name") },
    { title: "displayName", show: (row) => text(row, "DisplayName") },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  search: searches.resourceGroups,
  empty: "noResourceGroups",
  create: [
    {
      title: "createResourceGroup",
      steps: single("createResourceGroup", [
        { name: "Name", label: "name", kind: "text", required: true },
        { name: "DisplayName", label: "displayName", kind: "text", required: true },
      ]),
      call: (entries) => ({
        product: "ResourceManager",
        action: "CreateResourceGroup",
        params: { Name: str(entries["Name"]), DisplayName: str(entries["DisplayName"]) },
      }),
    },
  ],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "ResourceManager", action: "DeleteResourceGroup", params: { ResourceGroupId: text(row, "Id") } }),
    },
  ],
};

export default function ResourceGroups() {
  return <List spec={groups} />;
}
