import { Tabs } from "antd";
import { list, text } from "../../api/call.ts";
import { useWords } from "../../i18n/index.tsx";
import { single, str, strs, type FormSpec } from "../../kit/form.ts";
import { List, type Column, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

const VERSIONS = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
/** Ciphers that are worth choosing, strongest first; the API takes more. */
const CIPHERS = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES256-SHA384",
  "ECDHE-RSA-AES128-SHA256",
  "ECDHE-RSA-AES256-SHA",
  "ECDHE-RSA-AES128-SHA",
];

const named = (values: string[]) => values.map((value) => ({ value, label: { text: value } }));

const create: FormSpec = {
  title: "createSecurityPolicy",
  steps: single("createSecurityPolicy", [
    { name: "SecurityPolicyName", label: "name", kind: "text", required: true },
    { name: "TlsVersions", label: "tlsVersions", kind: "several", required: true, options: named(VERSIONS) },
    { name: "Ciphers", label: "ciphers", kind: "several", required: true, options: named(CIPHERS), hint: "ciphersHint" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Nlb",
    action: "CreateSecurityPolicy",
    params: {
      SecurityPolicyName: str(entries["SecurityPolicyName"]),
      TlsVersions: strs(entries["TlsVersions"]),
      Ciphers: strs(entries["Ciphers"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const ID: Column = { title: "id", show: (row) => text(row, "SecurityPolicyId") };
const SUITES: Column[] = [
  { title: "tlsVersions", show: (row) => text(row, "TlsVersion") },
  { title: "ciphers", show: (row) => <div className="ciphers">{text(row, "Ciphers").replaceAll(",", ", ")}</div> },
];

const system: ListSpec = {
  title: "systemPolicies",
  call: { product: "Nlb", action: "ListSystemSecurityPolicy" },
  paging: "none",
  rows: (answer) => list(answer, "SecurityPolicies"),
  id: (row) => text(row, "SecurityPolicyId"),
  columns: [ID, ...SUITES],
  empty: "noSecurityPolicies",
};

const custom: ListSpec = {
  ...system,
  title: "customPolicies",
  call: { product: "Nlb", action: "ListSecurityPolicy" },
  paging: "token",
  columns: [
    ID,
    { title: "name", show: (row) => text(row, "SecurityPolicyName") },
    { title: "status", show: (row) => <Status status={text(row, "SecurityPolicyStatus")} /> },
    ...SUITES,
    { title: "usedBy", show: (row) => list(row, "RelatedListeners").length },
  ],
  search: searches.securityPolicies,
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Nlb", action: "DeleteSecurityPolicy", params: { SecurityPolicyId: text(row, "SecurityPolicyId") } }),
    },
  ],
};

export default function SecurityPolicies() {
  const t = useWords();
  return (
    <>
      <h2>{t("securityPolicies")}</h2>
      <Tabs
        items={[
          { key: "custom", label: t("customPolicies"), children: <List level={3} spec={custom} /> },
          { key: "system", label: t("systemPolicies"), children: <List level={3} spec={system} /> },
        ]}
      />
    </>
  );
}
