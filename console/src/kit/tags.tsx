// The tags of one resource, the same for every product but for the names of things.
import { list, text, type Product } from "../api/call.ts";
import { single, str } from "./form.ts";
import { List } from "./list.tsx";

/** Whose tags: the product, its name for the type of resource, and the id. */
export interface Tagged {
  product: Extract<Product, "Ecs" | "Nlb" | "Privatelink" | "Vpc">;
  type: string;
  id: string;
}

export function Tags({ of: { product, type, id } }: { of: Tagged }) {
  const which = { ResourceType: type, ResourceId: [id] };
  const path = product === "Ecs" || product === "Vpc" ? "TagResources.TagResource" : "TagResources";
  return (
    <List
      level={3}
      spec={{
        title: "tags",
        call: { product, action: "ListTagResources", params: which },
        paging: "token",
        rows: (answer) => list(answer, path),
        id: (row) => text(row, "TagKey"),
        columns: [
          { title: "tagKey", show: (row) => text(row, "TagKey") },
          { title: "tagValue", show: (row) => text(row, "TagValue") },
        ],
        empty: "noTags",
        create: [
          {
            title: "addTag",
            steps: single("addTag", [
              { name: "Key", label: "tagKey", kind: "text", required: true },
              { name: "Value", label: "tagValue", kind: "text" },
            ]),
            call: (entries) => ({
              product,
              action: "TagResources",
              params: { ...which, Tag: [{ Key: str(entries["Key"]), Value: str(entries["Value"]) }] },
            }),
          },
        ],
        actions: [
          {
            label: "remove",
            confirm: "removeThis",
            call: (row) => ({
              product,
              action: product === "Vpc" ? "UnTagResources" : "UntagResources",
              params: { ...which, TagKey: [text(row, "TagKey")] },
            }),
          },
        ],
      }}
    />
  );
}
