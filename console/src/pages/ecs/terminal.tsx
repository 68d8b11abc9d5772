// Commands in an instance, through the cloud assistant: each line is a command of its own, and its output follows it.
import { Button, Input, Space } from "antd";
import { useState } from "react";
import { base64, unbase64 } from "../../api/base64.ts";
import { list, text, type Answer } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { useSession } from "../../api/session.tsx";
import { useWords } from "../../i18n/index.tsx";
import { Problem } from "../../kit/problem.tsx";

/** Longest run of a command, seconds. */
const PATIENCE = 60;

/** A command, and what it has printed so far. */
export function Invocation({ command, id }: { command: string; id: string }) {
  const { answer } = useAnswer({ product: "Ecs", action: "DescribeInvocationResults", params: { InvokeId: id } });
  const result: Answer | undefined = list(answer, "Invocation.InvocationResults.InvocationResult")[0];
  const exit = text(result, "ExitCode");
  return (
    <>
      {`# ${command}\n${unbase64(text(result, "Output"))}`}
      {text(result, "InvocationStatus") !== "Success" && `[${text(result, "InvocationStatus")}${exit === "" ? "" : ` ${exit}`}]\n`}
    </>
  );
}

export function Terminal({ instance }: { instance: string }) {
  const t = useWords();
  const { ask } = useSession();
  const [line, setLine] = useState("");
  const [run, setRun] = useState<{ command: string; id: string }[]>([]);
  const [error, setError] = useState<Error>();
  const send = async () => {
    if (line.trim() === "") return;
    const params = { InstanceId: [instance], Type: "RunShellScript", CommandContent: base64(line), ContentEncoding: "Base64", Timeout: PATIENCE };
    try {
      const answer = await ask({ product: "Ecs", action: "RunCommand", params });
      setRun([...run, { command: line, id: text(answer, "InvokeId") }]);
      setLine("");
      setError(undefined);
    } catch (refused) {
      setError(refused as Error);
    }
  };
  return (
    <>
      <p>{t("terminalHint")}</p>
      <div className="code">
        <pre aria-label={t("output")} role="log" tabIndex={0}>
          {run.map(({ command, id }) => (
            <Invocation key={id} command={command} id={id} />
          ))}
        </pre>
      </div>
      <Space.Compact block>
        <Input
          className="mono"
          aria-label={t("command")}
          value={line}
          onChange={(event) => setLine(event.target.value)}
          onPressEnter={() => void send()}
          placeholder="curl -s http://…"
        />
        <Button type="primary" onClick={() => void send()}>
          {t("run")}
        </Button>
      </Space.Compact>
      <Problem error={error} />
    </>
  );
}
