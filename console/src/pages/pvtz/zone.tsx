import { useParams } from "react-router";
import { list, text, type Answer, type Call } from "../../api/call.ts";
import { useSession } from "../../api/session.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type Entries, type Field, type Offer } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { vpcs } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";

const TYPES = ["A", "AAAA", "CNAME", "MX", "TXT", "PTR", "SRV"];

const RECORD: Field[] = [
  { name: "Rr", label: "hostRecord", kind: "text", required: true, hint: "hostRecordHint" },
  { name: "Type", label: "type", kind: "select", initial: "A", options: TYPES.map((value) => ({ value, label: { text: value } })) },
  { name: "Value", label: "value", kind: "text", required: true },
  { name: "Priority", label: "priority", kind: "number", least: 1, most: 99, required: true, when: (entries) => entries["Type"] === "MX" },
  { name: "Ttl", label: "ttl", kind: "number", least: 5, most: 86400, initial: 60 },
];

const content = (entries: Entries) => ({
  Rr: str(entries["Rr"]),
  Type: str(entries["Type"]),
  Value: str(entries["Value"]),
  Priority: entries["Type"] === "MX" ? entries["Priority"] : undefined,
  Ttl: entries["Ttl"],
});

const records = (zone: string): ListSpec => ({
  title: "records",
  call: { product: "pvtz", action: "DescribeZoneRecords", params: { ZoneId: zone } },
  paging: "pvtz",
  rows: (answer) => list(answer, "Records.Record"),
  id: (row) => text(row, "RecordId"),
  columns: [
    { title: "hostRecord", show: (row) => text(row, "Rr") },
    { title: "type", show: (row) => text(row, "Type") },
    { title: "value", show: (row) => text(row, "Value") },
    { title: "ttl", show: (row) => text(row, "Ttl") },
    { title: "status", show: (row) => text(row, "Status") },
  ],
  search: searches.keyword,
  empty: "noRecords",
  create: [
    {
      title: "addRecord",
      steps: single("addRecord", RECORD),
      call: (entries) => ({ product: "pvtz", action: "AddZoneRecord", params: { ZoneId: zone, ...content(entries) } }),
    },
  ],
  actions: [
    {
      label: "modify",
      form: (row) => ({
        title: "modify",
        steps: single("modify", RECORD),
        initial: {
          ...Object.fromEntries(["Rr", "Type", "Value"].map((name) => [name, text(row, name)])),
          ...(text(row, "Priority") && { Priority: Number(text(row, "Priority")) }),
          Ttl: Number(text(row, "Ttl")),
        },
        call: (entries) => ({ product: "pvtz", action: "UpdateZoneRecord", params: { RecordId: text(row, "RecordId"), ...content(entries) } }),
      }),
    },
    { label: "remove", confirm: "removeThis", call: (row) => ({ product: "pvtz", action: "DeleteZoneRecord", params: { RecordId: text(row, "RecordId") } }) },
  ],
});

/** The zone's binding is set as a whole: to add or to take one away is to send all others with it. */
const bound = (zone: string, found: Answer, region: string): ListSpec => {
  const now = list(found, "BindVpcs.Vpc").map((row) => text(row, "VpcId"));
  const call: Call = { product: "pvtz", action: "DescribeZoneInfo", params: { ZoneId: zone } };
  const taken: Offer["taken"] = { call, paging: "none", pick: (answer) => list(answer, "BindVpcs.Vpc").map((row) => text(row, "VpcId")) };
  const bind = (ids: string[]) => ({
    product: "pvtz" as const,
    action: "BindZoneVpc",
    params: { ZoneId: zone, Vpcs: ids.map((VpcId) => ({ VpcId, RegionId: region })) },
  });
  return {
    title: "vpcs",
    call,
    paging: "none",
    rows: (answer) => list(answer, "BindVpcs.Vpc"),
    id: (row) => text(row, "VpcId"),
    columns: [
      { title: "id", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
      { title: "name", show: (row) => text(row, "VpcName") },
    ],
    empty: "noBoundVpcs",
    create: [
      {
        title: "bindVpc",
        steps: single("bindVpc", [{ name: "VpcId", label: "vpc", kind: "offered", required: true, offer: () => ({ ...vpcs(), taken }) }]),
        call: (entries) => bind([...new Set([...now, str(entries["VpcId"])])]),
      },
    ],
    actions: [{ label: "detach", confirm: "removeThis", call: (row) => bind(now.filter((id) => id !== text(row, "VpcId"))) }],
  };
};

const detail = (id: string, region: string): DetailSpec => ({
  parent: { label: "privateZones", path: "/pvtz/zones" },
  id,
  call: { product: "pvtz", action: "DescribeZoneInfo", params: { ZoneId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["domainName", text(found, "ZoneName")],
    ["records", text(found, "RecordCount")],
    ["otherNames", text(found, "ProxyPattern")],
    ["description", text(found, "Remark")],
  ],
  tabs: [
    { label: "records", show: () => <List level={3} spec={records(id)} /> },
    { label: "vpcs", show: (found) => <List level={3} spec={bound(id, found, region)} /> },
  ],
});

export default function PrivateZone() {
  const { id = "" } = useParams();
  const { region } = useSession();
  return <Detail key={id} spec={detail(id, region)} />;
}
