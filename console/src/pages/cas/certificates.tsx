import { list, text } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";

const upload: FormSpec = {
  title: "uploadCertificate",
  steps: single("uploadCertificate", [
    { name: "Name", label: "name", kind: "text", required: true },
    { name: "Cert", label: "certificate", kind: "area", required: true, hint: "certificateHint" },
    { name: "Key", label: "privateKey", kind: "area", hint: "privateKeyHint" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Cas",
    action: "UploadUserCertificate",
    params: {
      Name: str(entries["Name"]),
      Cert: str(entries["Cert"]),
      Key: str(entries["Key"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const certificates: ListSpec = {
  title: "certificates",
  call: { product: "Cas", action: "ListUserCertificateOrder" },
  paging: "cas",
  rows: (answer) => list(answer, "CertificateOrderList"),
  id: (row) => text(row, "CertificateId"),
  columns: [
    { title: "id", show: (row) => text(row, "CertificateId") },
    { title: "name", show: (row) => text(row, "Name") },
    { title: "domainName", show: (row) => text(row, "Sans") || text(row, "CommonName") },
    { title: "issuer", show: (row) => text(row, "Issuer") },
    { title: "validUntil", show: (row) => text(row, "EndDate") },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  search: searches.keyword,
  empty: "noCertificates",
  create: [upload],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Cas", action: "DeleteUserCertificate", params: { CertId: text(row, "CertificateId") } }),
    },
  ],
};

export default function Certificates() {
  return <List spec={certificates} />;
}
