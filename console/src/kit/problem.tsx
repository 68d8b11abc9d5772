// What went wrong, in the server's words, which say what to do about it.
import { Alert } from "antd";
import { Refusal } from "../api/call.ts";

export function Problem({ error }: { error: Error | undefined }) {
  if (error === undefined) return null;
  const title = error instanceof Refusal ? error.code : error.name;
  return <Alert type="error" showIcon role="alert" title={title} description={error.message} className="problem" />;
}
