// A status with its colour, and why it is so where that is known.
import { Tag, Tooltip } from "antd";

const GOOD = ["Available", "Active", "Running", "Connected", "Healthy", "InUse", "Allowed", "Success", "Succeeded", "OK", "Normal"];
const MOVING = ["Pending", "Creating", "Provisioning", "Configuring", "Connecting", "Disconnecting", "Starting", "Stopping", "Adding", "Removing", "Deleting", "Associating", "Initial", "Replacing", "Attaching", "Detaching", "Upgrading", "Downgrading"];
const BAD = ["Unhealthy", "CreateFailed", "ServiceDeleted", "Failed", "Error", "Inactive", "UnAvailable", "Unavailable"];

function colour(status: string): string {
  if (GOOD.includes(status)) return "green";
  if (MOVING.includes(status)) return "blue";
  return BAD.includes(status) ? "red" : "default";
}

export function Status({ status, why }: { status: string; why?: string }) {
  if (status === "") return <span>–</span>;
  const tag = <Tag color={colour(status)}>{status}</Tag>;
  return why ? <Tooltip title={why}>{tag}</Tooltip> : tag;
}
