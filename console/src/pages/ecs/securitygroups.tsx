import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { among, ofVpc } from "../../kit/narrow.ts";
import { resourceGroup, vpcs } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Said } from "../../kit/status.tsx";

const create: FormSpec = {
  title: "createSecurityGroup",
  steps: single("createSecurityGroup", [
    { name: "SecurityGroupName", label: "name", kind: "text" },
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs },
    {
      name: "SecurityGroupType",
      label: "type",
      kind: "select",
      initial: "normal",
      options: [
        { value: "normal", label: "normalGroup" },
        { value: "enterprise", label: "enterpriseGroup" },
      ],
    },
    { name: "Description", label: "description", kind: "text" },
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Ecs",
    action: "CreateSecurityGroup",
    params: {
      SecurityGroupName: str(entries["SecurityGroupName"]),
      VpcId: str(entries["VpcId"]),
      SecurityGroupType: str(entries["SecurityGroupType"]),
      Description: str(entries["Description"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const groups: ListSpec = {
  title: "securityGroups",
  call: { product: "Ecs", action: "DescribeSecurityGroups" },
  paging: "number",
  rows: (answer) => list(answer, "SecurityGroups.SecurityGroup"),
  id: (row) => text(row, "SecurityGroupId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/ecs/securitygroups/${text(row, "SecurityGroupId")}`}>{text(row, "SecurityGroupId")}</Link> },
    { title: "name", show: (row) => text(row, "SecurityGroupName") },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
    { title: "type", show: (row) => <Said word={text(row, "SecurityGroupType")} /> },
    { title: "rules", show: (row) => text(row, "RuleCount") },
    { title: "instances", show: (row) => text(row, "EcsCount") },
  ],
  search: searches.securityGroups,
  filters: [ofVpc(), among("type", "SecurityGroupType", ["normal", "enterprise"])],
  empty: "noSecurityGroups",
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Ecs", action: "DeleteSecurityGroup", params: { SecurityGroupId: text(row, "SecurityGroupId") } }),
    },
  ],
};

export default function SecurityGroups() {
  return <List spec={groups} />;
}
