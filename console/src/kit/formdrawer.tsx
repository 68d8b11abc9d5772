// A form in a drawer: its steps, what it becomes as a call, and what the server says to it.
import { App, Button, Collapse, Descriptions, Drawer, Form, Space, Steps, Tabs } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { flatten, type Call } from "../api/call.ts";
import { useSession } from "../api/session.tsx";
import { useWords } from "../i18n/index.tsx";
import { Code } from "./copy.tsx";
import { FieldItem } from "./field.tsx";
import { useForesight } from "./foresight.ts";
import { beginning, type Entries, type FormSpec } from "./form.ts";
import { Foreseen, Problem } from "./problem.tsx";
import { asApi, asCommand, asPython } from "./same.ts";
import { asTerraform } from "./terraform.ts";

function SameAs({ call }: { call: Call }) {
  const t = useWords();
  const ways: [string, string][] = [
    ["API", asApi(call)],
    ["CLI", asCommand(call)],
    ["Python", asPython(call, location)],
    ["Terraform", asTerraform(call)],
  ];
  const items = ways.map(([name, text]) => ({ key: name, label: name, children: <Code text={text} label={name} /> }));
  return <Collapse ghost items={[{ key: "same", label: t("sameAs"), children: <Tabs size="small" items={items} /> }]} />;
}

function Review({ call }: { call: Call }) {
  const items = flatten(call.params ?? {}).map(([name, value]) => ({ key: name, label: name, children: value }));
  return <Descriptions column={1} size="small" bordered items={items} />;
}

/** What is emptied when `changed` has been entered. */
function reset(spec: FormSpec, changed: Entries): Entries {
  const fields = spec.steps.flatMap((step) => step.fields).filter(({ name }) => name in changed);
  const begin = beginning({ ...spec, initial: {} });
  return Object.fromEntries(fields.flatMap(({ resets }) => resets ?? []).map((name) => [name, begin[name]]));
}

function useSending(spec: FormSpec, close: () => void) {
  const { ask } = useSession();
  const { message } = App.useApp();
  const t = useWords();
  const navigate = useNavigate();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const send = async (entries: Entries) => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await ask(spec.call(entries));
      close();
      void message.success(t("done"));
      const next = spec.then?.(answer);
      if (next !== undefined) await navigate(next);
    } catch (refused) {
      setError(refused as Error);
    } finally {
      setBusy(false);
    }
  };
  return { send, error, forget: () => setError(undefined), busy };
}

export default function FormDrawer({ spec, close }: { spec: FormSpec; close: () => void }) {
  const t = useWords();
  const [form] = Form.useForm<Entries>();
  const [entries, setEntries] = useState<Entries>(() => beginning(spec));
  const [step, setStep] = useState(0);
  const { send, error, forget, busy } = useSending(spec, close);
  const foreseen = useForesight(spec, entries);
  // A wizard ends with a page that shows what will be sent.
  const wizard = spec.steps.length > 1;
  const titles = wizard ? [...spec.steps.map(({ title }) => title), "configurationReview" as const] : [];
  const last = !wizard || step === spec.steps.length;
  const next = async () => {
    try {
      await form.validateFields({ recursive: true });
    } catch {
      return;
    }
    if (last) await send(entries);
    else setStep(step + 1);
  };
  const footer = (
    <Space>
      {step > 0 && <Button onClick={() => setStep(step - 1)}>{t("previous")}</Button>}
      <Button type="primary" loading={busy} onClick={() => void next()}>
        {last ? t(spec.send ?? (wizard ? "submit" : "ok")) : t("next")}
      </Button>
      <Button onClick={close}>{t("cancel")}</Button>
    </Space>
  );
  return (
    <Drawer open size={760} title={t(spec.title)} onClose={close} footer={footer} destroyOnHidden>
      {wizard && <Steps current={step} size="small" items={titles.map((title) => ({ title: t(title) }))} className="steps" />}
      {spec.intro && <p>{t(spec.intro)}</p>}
      <Form
        form={form}
        layout="vertical"
        initialValues={entries}
        onValuesChange={(changed: Entries) => {
          forget();
          form.setFieldsValue(reset(spec, changed));
          setEntries({ ...entries, ...(form.getFieldsValue(true) as Entries) });
          // What was wrong beside another field may be right now.
          const wrong = form.getFieldsError().filter(({ errors }) => errors.length > 0);
          if (wrong.length > 0) void form.validateFields(wrong.map(({ name }) => name)).catch(() => undefined);
        }}
      >
        {(spec.steps[step]?.fields ?? []).map((field) => (
          <FieldItem key={field.name} field={field} place={{ entries }} />
        ))}
      </Form>
      {wizard && last && <Review call={spec.call(entries)} />}
      {error ? <Problem error={error} /> : <Foreseen refusal={foreseen} />}
      <SameAs call={spec.call(entries)} />
    </Drawer>
  );
}
