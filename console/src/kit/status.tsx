// A status with its colour, and other words that the API answers with.
import { Tag } from "antd";
import { useLanguage } from "../i18n/index.tsx";
import { status as inLanguage } from "../i18n/statuses.ts";

export const GOOD = ["Available", "Active", "Running", "Connected", "Healthy", "InUse", "Allowed", "Success", "Succeeded", "OK", "Normal"];
export const MOVING = ["Pending", "Creating", "Provisioning", "Configuring", "Connecting", "Disconnecting", "Starting", "Stopping", "Adding", "Removing", "Deleting", "Associating", "Initial", "Replacing", "Attaching", "Detaching", "Upgrading", "Downgrading"];
export const BAD = ["Unhealthy", "CreateFailed", "ServiceDeleted", "Failed", "Error", "Inactive", "UnAvailable", "Unavailable"];

function colour(status: string): string {
  if (GOOD.includes(status)) return "green";
  if (MOVING.includes(status)) return "blue";
  return BAD.includes(status) ? "red" : "default";
}

export function Status({ status }: { status: string }) {
  const { language } = useLanguage();
  if (status === "") return <span>–</span>;
  return <Tag color={colour(status)}>{inLanguage(language, status)}</Tag>;
}

/** A word of the API, without a colour. */
export function Said({ word }: { word: string }) {
  const { language } = useLanguage();
  return <span>{inLanguage(language, word)}</span>;
}
