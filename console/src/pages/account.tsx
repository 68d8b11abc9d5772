// Who is logged in. Accounts and keys are made on the machine itself, by root: no key, however it was come by, makes another.
import { Descriptions, Spin } from "antd";
import { text } from "../api/call.ts";
import { useAnswer } from "../api/live.tsx";
import { useSession } from "../api/session.tsx";
import { useWords } from "../i18n/index.tsx";
import { Code, Copy } from "../kit/copy.tsx";
import { Problem } from "../kit/problem.tsx";

const commands = (account: string) => `isthmus account list
isthmus account create NAME       # prints the new account's number
isthmus key create ${account}     # prints a key and its secret, once
isthmus key list
isthmus key disable KEY           # refuses every call with it`;

export default function Account() {
  const t = useWords();
  const { key } = useSession();
  const { answer, error } = useAnswer({ product: "Sts", action: "GetCallerIdentity" });
  const account = text(answer, "AccountId");
  const facts = [
    { key: "number", label: t("accountNumber"), children: <Copy text={account} /> },
    { key: "arn", label: "ARN", children: <Copy text={text(answer, "Arn")} /> },
    { key: "key", label: t("accessKeyId"), children: <Copy text={key.id} /> },
    { key: "kind", label: t("identityType"), children: text(answer, "IdentityType") },
  ];
  return (
    <section>
      <div className="bar">
        <h2>{t("accountAndKeys")}</h2>
      </div>
      <Problem error={error} />
      {answer === undefined && error === undefined && <Spin />}
      {answer && (
        <>
          <Descriptions column={1} size="small" bordered items={facts} />
          <h3>{t("moreAccounts")}</h3>
          <p>{t("accountsHint")}</p>
          <Code text={commands(account)} label="CLI" />
        </>
      )}
    </section>
  );
}
