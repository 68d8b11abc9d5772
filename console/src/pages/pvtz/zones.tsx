import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";

const create: FormSpec = {
  title: "createPrivateZone",
  steps: single("createPrivateZone", [
    { name: "ZoneName", label: "domainName", kind: "text", required: true, hint: "privateZoneHint" },
    {
      name: "ProxyPattern",
      label: "otherNames",
      kind: "select",
      initial: "ZONE",
      options: [
        { value: "ZONE", label: "namesDoNotExist" },
        { value: "RECORD", label: "namesAreAskedElsewhere" },
      ],
    },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "pvtz",
    action: "AddZone",
    params: { ZoneName: str(entries["ZoneName"]), ProxyPattern: str(entries["ProxyPattern"]), ResourceGroupId: str(entries["ResourceGroupId"]) },
  }),
};

const zones: ListSpec = {
  title: "privateZones",
  call: { product: "pvtz", action: "DescribeZones" },
  paging: "pvtz",
  rows: (answer) => list(answer, "Zones.Zone"),
  id: (row) => text(row, "ZoneId"),
  columns: [
    { title: "domainName", show: (row) => <Link to={`/pvtz/zones/${text(row, "ZoneId")}`}>{text(row, "ZoneName")}</Link> },
    { title: "id", show: (row) => text(row, "ZoneId") },
    { title: "records", show: (row) => text(row, "RecordCount") },
    { title: "description", show: (row) => text(row, "Remark") },
  ],
  search: searches.keyword,
  empty: "noPrivateZones",
  create: [create],
  actions: [
    { label: "remove", confirm: "removeThis", call: (row) => ({ product: "pvtz", action: "DeleteZone", params: { ZoneId: text(row, "ZoneId") } }) },
  ],
};

export default function PrivateZones() {
  return <List spec={zones} />;
}
