// What can be done to a row: at once, after a question, or by a form.
import { App, Button, Popconfirm, Space } from "antd";
import { useRef, useState } from "react";
import type { Answer, Call } from "../api/call.ts";
import { useSession } from "../api/session.tsx";
import { useWords, type Word } from "../i18n/index.tsx";
import type { FormSpec } from "./form.ts";
import { title, Words } from "./problem.tsx";

export type Row = Answer;

export type Action = { label: Word; when?: (row: Row) => boolean } & (
  | { call: (row: Row) => Call; confirm: Word }
  | { form: (row: Row) => FormSpec }
);

/** Of all refusals only the last is shown. */
const REFUSED = "refused";

/** A button that asks before it does something. The question has the focus while it is there; then the button has it again. */
function Asking({ label, question, answered }: { label: Word; question: Word; answered: () => void }) {
  const t = useWords();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, open] = useState(false);
  const turn = (next: boolean) => {
    open(next);
    if (!next) button.current?.focus();
  };
  return (
    <Popconfirm
      open={isOpen}
      onOpenChange={turn}
      title={t(question)}
      okText={t("ok")}
      cancelText={t("cancel")}
      cancelButtonProps={{ autoFocus: true }}
      onConfirm={answered}
      destroyOnHidden
    >
      <Button ref={button} type="link" size="small">
        {t(label)}
      </Button>
    </Popconfirm>
  );
}

export function Actions({ row, actions, open }: { row: Row; actions: Action[]; open: (form: FormSpec) => void }) {
  const t = useWords();
  const { ask } = useSession();
  const { message, notification } = App.useApp();
  const run = async (call: Call) => {
    notification.destroy(REFUSED);
    try {
      await ask(call);
      void message.success(t("done"));
    } catch (refused) {
      const error = refused as Error;
      // It stays until it has been read, where no button lies under it.
      const refusal = { title: `${t("refused")}: ${title(error)}`, description: <Words error={error} /> };
      notification.error({ key: REFUSED, ...refusal, role: "alert", duration: false, placement: "bottomRight" });
    }
  };
  return (
    <Space size="middle" wrap>
      {actions
        .filter(({ when }) => when === undefined || when(row))
        .map((action) =>
          "form" in action ? (
            <Button key={action.label} type="link" size="small" onClick={() => open(action.form(row))}>
              {t(action.label)}
            </Button>
          ) : (
            <Asking key={action.label} label={action.label} question={action.confirm} answered={() => void run(action.call(row))} />
          ),
        )}
    </Space>
  );
}

