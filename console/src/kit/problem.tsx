// What went wrong, in the server's words, which say what to do about it.
import { Alert } from "antd";
import { Refusal } from "../api/call.ts";
import { useLanguage, useWords } from "../i18n/index.tsx";
import { refusalInChinese } from "../i18n/refusals.ts";
import { Sentence } from "./ids.tsx";

/** What an error is called: a refusal by its code. */
export const title = (error: Error): string => (error instanceof Refusal ? error.code : error.name);

/** What a refusal says: in Chinese what its code means comes first. */
export function Words({ error }: { error: Error }) {
  const { language } = useLanguage();
  const meant = language === "zh" && error instanceof Refusal ? refusalInChinese(error.code) : undefined;
  return (
    <>
      {meant && <div>{meant}</div>}
      <Sentence text={error.message} />
    </>
  );
}

export function Problem({ error }: { error: Error | undefined }) {
  if (error === undefined) return null;
  return <Alert type="error" showIcon role="alert" title={title(error)} description={<Words error={error} />} className="problem" />;
}

/** What would go wrong if a form were sent as it is. */
export function Foreseen({ refusal }: { refusal: Refusal | undefined }) {
  const t = useWords();
  if (refusal === undefined) return null;
  return <Alert type="warning" showIcon role="status" title={`${t("wouldBeRefused")}: ${title(refusal)}`} description={<Words error={refusal} />} className="problem" />;
}
