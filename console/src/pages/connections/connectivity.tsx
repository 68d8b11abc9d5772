// Whether an instance reaches a target: by asking the data plane, stage by stage, and by a real request from the instance.
import { Alert, AutoComplete, Button, Form, InputNumber, Select, Space, Table } from "antd";
import { useRef, useState } from "react";
import { base64 } from "../../api/base64.ts";
import { beside, list, Refusal, text, type Answer, type Call } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { useSession } from "../../api/session.tsx";
import { useLanguage, useWords } from "../../i18n/index.tsx";
import { traced, unanswered } from "../../i18n/traces.ts";
import { Sentence } from "../../kit/ids.tsx";
import { allInstances } from "../../kit/offers.ts";
import { useOptions } from "../../kit/options.ts";
import { Problem } from "../../kit/problem.tsx";
import { Invocation } from "../ecs/terminal.tsx";
import { command, PATIENCE, question, TARGET, type Asked } from "./asked.ts";

const INSTANCES = allInstances();
/** Most targets that are offered; others are typed in. */
const MOST = 50;

interface Result {
  trace?: Answer;
  request?: { command: string; id: string };
}

function useTargets(vpc: string): { value: string }[] {
  const of = (call: Call) => (vpc === "" ? undefined : call);
  const { answer: endpoints } = useAnswer(of({ product: "Privatelink", action: "ListVpcEndpoints", params: { VpcId: vpc, MaxResults: MOST } }));
  const { answer: balancers } = useAnswer(of({ product: "Nlb", action: "ListLoadBalancers", params: { VpcIds: [vpc], MaxResults: MOST } }));
  const names = [
    ...list(endpoints, "Endpoints").map((row) => text(row, "EndpointDomain")),
    ...list(balancers, "LoadBalancers").map((row) => text(row, "DNSName")),
  ];
  return names.filter((name) => name !== "").map((value) => ({ value }));
}

function Stages({ trace }: { trace: Answer }) {
  const t = useWords();
  const { language } = useLanguage();
  const passes = text(trace, "passes") === "true";
  const columns = (["stage", "decision", "by"] as const).map((key) => ({
    key,
    title: t(key),
    render: (stage: Answer) => <Sentence text={traced(language, text(stage, key))} />,
  }));
  return (
    <>
      <Alert type={passes ? "success" : "error"} showIcon title={t(passes ? "wouldPass" : "wouldBeDropped")} className="problem" />
      <Table rowKey={(stage) => text(stage, "stage")} columns={columns} dataSource={list(trace, "stages")} pagination={false} size="small" />
    </>
  );
}

function useTest() {
  const { ask } = useSession();
  const [result, setResult] = useState<Result>({});
  const [error, setError] = useState<Error>();
  const asked = useRef(0);
  const answered = useRef({ trace: 0, request: 0 });
  const attempt = async <Kind extends keyof Result>(kind: Kind, make: () => Promise<Result[Kind]>) => {
    const turn = ++asked.current;
    // An answer that was overtaken is not shown.
    const end = (made: Result[Kind] | undefined, error: Error | undefined) => {
      if (turn < answered.current[kind]) return;
      answered.current[kind] = turn;
      setResult((before) => ({ ...before, [kind]: made }));
      setError(error);
    };
    await make().then(
      (made) => end(made, undefined),
      (refused: unknown) => end(undefined, refused as Error),
    );
  };
  const trace = (wanted: Asked) => attempt("trace", () => ask(beside("trace", question(wanted))));
  const request = (wanted: Asked) =>
    attempt("request", async () => {
      const line = command(wanted);
      const params = { InstanceId: [wanted.instance], Type: "RunShellScript", CommandContent: base64(line), ContentEncoding: "Base64", Timeout: 2 * PATIENCE };
      const answer = await ask({ product: "Ecs", action: "RunCommand", params });
      return { command: line, id: text(answer, "InvokeId") };
    });
  return { result, error, trace, request };
}

export default function Connectivity() {
  const t = useWords();
  const [form] = Form.useForm<Asked>();
  const instance = Form.useWatch("instance", form) as string | undefined;
  const protocol = Form.useWatch("protocol", form);
  const { options, answered, error: unlisted, search } = useOptions(INSTANCES);
  const { answer: chosen } = useAnswer(instance === undefined ? undefined : { product: "Ecs", action: "DescribeInstances", params: { InstanceIds: JSON.stringify([instance]) } });
  const targets = useTargets(text(list(chosen, "Instances.Instance")[0], "VpcAttributes.VpcId"));
  const { result, error, trace, request } = useTest();
  const { language } = useLanguage();
  const told = error instanceof Refusal && error.code === "InvalidConnection" ? new Refusal(error.code, unanswered(language, error.message), error.requestId) : error;
  const checked = async (then: (asked: Asked) => Promise<void>) => {
    const asked = await form.validateFields().catch(() => undefined);
    if (asked) await then(asked);
  };
  const name = { pattern: TARGET, message: t("targetHint") };
  const needed = { required: true, message: t("required") };
  return (
    <section>
      <div className="bar">
        <h2>{t("connectivity")}</h2>
      </div>
      <p>{t("connectivityHint")}</p>
      {answered && options.length === 0 && <Alert type="info" showIcon title={t("noInstanceToTest")} className="problem" />}
      <Form form={form} layout="vertical" initialValues={{ port: 80, protocol: "tcp", family: "any" }} className="test">
        <Form.Item name="instance" label={t("instance")} rules={[needed]}>
          <Select
            showSearch={{ optionFilterProp: "label", onSearch: search }}
            placeholder={t("choose")}
            options={options}
          />
        </Form.Item>
        <Form.Item name="to" label={t("target")} rules={[needed, name]} extra={t("targetHint")}>
          <AutoComplete options={targets} />
        </Form.Item>
        <Form.Item name="family" label={t("ipVersion")}>
          <Select options={[{ value: "any", label: t("anyFamily") }, ...(["IPv4", "IPv6"] as const).map((value) => ({ value, label: value }))]} />
        </Form.Item>
        <Form.Item name="protocol" label={t("protocol")}>
          <Select options={(["tcp", "udp", "icmp"] as const).map((value) => ({ value, label: value.toUpperCase() }))} />
        </Form.Item>
        {protocol !== "icmp" && (
          <Form.Item name="port" label={t("port")} rules={[needed]}>
            <InputNumber min={1} max={65535} controls={false} />
          </Form.Item>
        )}
      </Form>
      <Space>
        <Button type="primary" onClick={() => void checked(trace)}>
          {t("traceIt")}
        </Button>
        {protocol !== "udp" && <Button onClick={() => void checked(request)}>{t("sendRequest")}</Button>}
      </Space>
      <Problem error={told ?? unlisted} />
      {result.trace && <Stages trace={result.trace} />}
      {result.request && (
        <div className="code problem">
          <pre aria-label={t("output")} role="log" tabIndex={0}>
            <Invocation key={result.request.id} {...result.request} />
          </pre>
        </div>
      )}
    </section>
  );
}
