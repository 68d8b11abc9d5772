// A table of resources: paged by the server, alive, with what can be done to each.
import { PlusOutlined, LeftOutlined, RightOutlined } from "@ant-design/icons";
import { App, Button, Empty, Popconfirm, Space, Table } from "antd";
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { Answer, Call } from "../api/call.ts";
import { useAnswer } from "../api/live.tsx";
import { useSession } from "../api/session.tsx";
import { useWords, type Word } from "../i18n/index.tsx";
import type { FormSpec } from "./form.ts";
import { Sentence } from "./ids.tsx";
import { FIRST, following, pageOf, total, type Paging } from "./paging.ts";
import { Problem, title } from "./problem.tsx";

/** Loaded with the first form: the first screen is there earlier without it. */
const FormDrawer = lazy(() => import("./formdrawer.tsx"));

export type Row = Answer;

export interface Column {
  title: Word;
  show: (row: Row) => ReactNode;
}

export type Action = { label: Word; when?: (row: Row) => boolean } & (
  | { call: (row: Row) => Call; confirm: Word }
  | { form: (row: Row) => FormSpec }
);

export interface ListSpec {
  title: Word;
  call: Call;
  /** How the action pages; when it does not, the table does. */
  paging: Paging;
  rows: (answer: Answer) => Row[];
  id: (row: Row) => string;
  columns: Column[];
  /** What the rows of the page need together. */
  around?: (rows: Row[], table: ReactNode) => ReactNode;
  /** What an empty table teaches. */
  empty: Word;
  create?: FormSpec[];
  actions?: Action[];
}

const PAGE = 20;

/** Of all refusals only the last is shown. */
const REFUSED = "refused";

function Actions({ row, actions, open }: { row: Row; actions: Action[]; open: (form: FormSpec) => void }) {
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
      const refusal = { title: `${t("refused")}: ${title(error)}`, description: <Sentence text={error.message} /> };
      notification.error({ key: REFUSED, ...refusal, role: "alert", duration: false, placement: "bottomRight" });
    }
  };
  return (
    <Space size="small" wrap>
      {actions
        .filter(({ when }) => when === undefined || when(row))
        .map((action) =>
          "form" in action ? (
            <Button key={action.label} type="link" size="small" onClick={() => open(action.form(row))}>
              {t(action.label)}
            </Button>
          ) : (
            <Popconfirm
              key={action.label}
              title={t(action.confirm)}
              okText={t("ok")}
              cancelText={t("cancel")}
              onConfirm={() => void run(action.call(row))}
            >
              <Button type="link" size="small">
                {t(action.label)}
              </Button>
            </Popconfirm>
          ),
        )}
    </Space>
  );
}

function Pager({ answer, shown, tokens, turn, spec }: {
  answer: Answer | undefined;
  shown: number;
  tokens: string[];
  turn: (tokens: string[]) => void;
  spec: ListSpec;
}) {
  const t = useWords();
  const all = total(spec.paging, answer);
  const next = following(spec.paging, answer, tokens, PAGE);
  if (tokens.length === 1 && next === undefined) return <div className="pager">{all === "" ? shown : all}</div>;
  return (
    <Space className="pager">
      <Button icon={<LeftOutlined aria-hidden />} aria-label={t("previous")} disabled={tokens.length === 1} onClick={() => turn(tokens.slice(0, -1))} />
      <span>
        {tokens.length} · {all}
      </span>
      <Button icon={<RightOutlined aria-hidden />} aria-label={t("next")} disabled={next === undefined || shown === 0} onClick={() => next !== undefined && turn([...tokens, next])} />
    </Space>
  );
}

export function List({ spec, level = 2 }: { spec: ListSpec; level?: 2 | 3 }) {
  const t = useWords();
  const [tokens, turn] = useState(FIRST);
  const [form, open] = useState<FormSpec>();
  const { answer, error } = useAnswer(pageOf(spec.call, spec.paging, tokens, PAGE));
  const rows = answer ? spec.rows(answer) : [];
  const columns = spec.columns.map(({ title, show }) => ({ key: title, title: t(title), render: (_: unknown, row: Row) => show(row) }));
  const actions = spec.actions;
  if (actions !== undefined) {
    const render = (_: unknown, row: Row) => <Actions row={row} actions={actions} open={open} />;
    columns.push({ key: "actions", title: t("actions"), render });
  }
  const table = (
    <Table
      rowKey={spec.id}
      columns={columns}
      dataSource={rows}
      loading={answer === undefined && error === undefined}
      pagination={spec.paging === "none" ? { pageSize: PAGE, showSizeChanger: false, hideOnSinglePage: true } : false}
      size="middle"
      scroll={{ x: "max-content" }}
      locale={{ emptyText: <Empty description={t(spec.empty)} /> }}
    />
  );
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section>
      <div className="bar">
        <Heading>{t(spec.title)}</Heading>
        <Space>
          {spec.create?.map((create, index) => (
            <Button key={create.title} type={index === 0 ? "primary" : "default"} icon={<PlusOutlined aria-hidden />} onClick={() => open(create)}>
              {t(create.title)}
            </Button>
          ))}
        </Space>
      </div>
      <Problem error={error} />
      {spec.around ? spec.around(rows, table) : table}
      <Pager answer={answer} shown={rows.length} tokens={tokens} turn={turn} spec={spec} />
      <Suspense>{form && <FormDrawer key={form.title} spec={form} close={() => open(undefined)} />}</Suspense>
    </section>
  );
}
