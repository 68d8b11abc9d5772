// Where an access key is given.
import { Button, Card, Form, Input } from "antd";
import { useState } from "react";
import { useEnter } from "../api/session.tsx";
import type { Key } from "../api/sign.ts";
import { useWords } from "../i18n/index.tsx";
import { Problem } from "../kit/problem.tsx";
import { Choices } from "./choices.tsx";

export default function Login() {
  const t = useWords();
  const enter = useEnter();
  const [error, setError] = useState<Error>();
  const log = async (key: Key) => {
    try {
      await enter({ id: key.id.trim(), secret: key.secret.trim() });
    } catch (refused) {
      setError(refused as Error);
    }
  };
  // Browsers hash and sign on pages from this machine or over HTTPS alone.
  const insecure = isSecureContext ? undefined : new Error(t("needsHttps"));
  return (
    <main className="login">
      <Card title={<h1>Isthmus</h1>} extra={<Choices />}>
        <Problem error={insecure} />
        <Form layout="vertical" onFinish={(key: Key) => void log(key)} disabled={insecure !== undefined}>
          <Form.Item name="id" label={t("accessKeyId")} rules={[{ required: true, message: t("required") }]}>
            <Input autoComplete="username" autoFocus />
          </Form.Item>
          <Form.Item name="secret" label={t("accessKeySecret")} rules={[{ required: true, message: t("required") }]}>
            <Input.Password autoComplete="off" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block>
            {t("logOn")}
          </Button>
        </Form>
        <Problem error={error} />
        <p className="hint">{t("keyStays")}</p>
      </Card>
    </main>
  );
}
