// What went wrong, in the server's words, which say what to do about it.
import { Alert } from "antd";
import { Refusal } from "../api/call.ts";
import { useWords } from "../i18n/index.tsx";
import { Sentence } from "./ids.tsx";

/** What an error is called: a refusal by its code. */
export const title = (error: Error): string => (error instanceof Refusal ? error.code : error.name);

export function Problem({ error }: { error: Error | undefined }) {
  if (error === undefined) return null;
  return <Alert type="error" showIcon role="alert" title={title(error)} description={<Sentence text={error.message} />} className="problem" />;
}

/** What would go wrong if a form were sent as it is. */
export function Foreseen({ refusal }: { refusal: Refusal | undefined }) {
  const t = useWords();
  if (refusal === undefined) return null;
  return <Alert type="warning" showIcon role="status" title={`${t("wouldBeRefused")}: ${title(refusal)}`} description={<Sentence text={refusal.message} />} className="problem" />;
}
