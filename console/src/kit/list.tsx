// A table of resources: paged by the server, alive, with what can be done to each.
import { PlusOutlined } from "@ant-design/icons";
import { Button, Empty, Space, Table, type TableColumnType } from "antd";
import { lazy, Suspense, useRef, useState, type ReactNode } from "react";
import type { Answer, Call } from "../api/call.ts";
import { useAnswer } from "../api/live.tsx";
import { useSession } from "../api/session.tsx";
import { useWords, type Word } from "../i18n/index.tsx";
import { Actions, type Action, type Row } from "./actions.tsx";
import { ALL, Filters, isNarrowed, narrowing, type Filter, type Narrowed } from "./filters.tsx";
import type { FormSpec } from "./form.ts";
import { useOpener } from "./opener.ts";
import { Pager, type PagerProps } from "./pager.tsx";
import { FIRST, following, largest, pageOf, placeOf, total, type Paging, type Tokens } from "./paging.ts";
import { Problem } from "./problem.tsx";
import type { Search } from "./search.ts";
import { useSettled } from "./settled.ts";

/** Loaded with the first form: the first screen is there earlier without it. */
const FormDrawer = lazy(() => import("./formdrawer.tsx"));

export interface Column {
  title: Word;
  show: (row: Row) => ReactNode;
}

export interface ListSpec {
  title: Word;
  call: Call;
  /** How the action pages; when it does not, the table does. */
  paging: Paging;
  rows: (answer: Answer) => Row[];
  id: (row: Row) => string;
  columns: Column[];
  /** How the server finds rows by a text, and what else it narrows them by. */
  search?: Search;
  filters?: Filter[];
  /** What the rows of the page need together. */
  around?: (rows: Row[], table: ReactNode) => ReactNode;
  /** What an empty table teaches. */
  empty: Word;
  create?: FormSpec[];
  actions?: Action[];
}

const PAGE = 20;

/** The page of a list that is shown, and the way to the others. */
function usePages(spec: ListSpec, narrowed: Narrowed) {
  const { ask } = useSession();
  const call: Call = { ...spec.call, params: { ...spec.call.params, ...narrowing(narrowed, spec.search, spec.filters ?? []) } };
  const wanted = JSON.stringify(call);
  const [at, put] = useState({ wanted, place: FIRST, size: PAGE });
  const [failed, fail] = useState<Error>();
  const tokens = useRef<{ wanted: string; known: Tokens }>({ wanted, known: new Map() });
  // Whatever is asked for otherwise begins with its first page.
  const { place, size } = at.wanted === wanted ? at : { place: FIRST, size: at.size };
  const { answer, error } = useAnswer(pageOf(call, spec.paging, place, size));
  const next = following(spec.paging, answer, place, size);
  const turn = (number: number) => {
    if (tokens.current.wanted !== wanted) tokens.current = { wanted, known: new Map() };
    if (next?.number === number && next.token !== "") tokens.current.known.set(place.number * size, next.token);
    placeOf(ask, call, spec.paging, number, size, tokens.current.known).then(
      (place) => {
        fail(undefined);
        put({ wanted, place, size });
      },
      (error: unknown) => fail(error as Error),
    );
  };
  const pager: PagerProps = {
    page: place.number,
    size,
    total: total(spec.paging, answer) ?? (answer && (place.number - 1) * size + spec.rows(answer).length),
    most: largest(spec.call, spec.paging),
    isLast: next === undefined,
    turn,
    resize: (size) => put({ wanted, place: FIRST, size }),
  };
  return { answer, error: error ?? failed, pager };
}

export function List({ spec, level = 2 }: { spec: ListSpec; level?: 2 | 3 }) {
  const t = useWords();
  const [narrowed, narrow] = useState(ALL);
  const [form, open] = useState<FormSpec>();
  const heading = useRef<HTMLHeadingElement>(null);
  const remember = useOpener(form !== undefined, heading);
  const show = (form: FormSpec) => {
    remember();
    open(form);
  };
  const { answer, error, pager } = usePages(spec, useSettled(narrowed));
  const rows = answer ? spec.rows(answer) : [];
  const columns: TableColumnType<Row>[] = spec.columns.map(({ title, show }) => ({ key: title, title: t(title), render: (_: unknown, row: Row) => show(row) }));
  const actions = spec.actions;
  if (actions !== undefined) {
    const render = (_: unknown, row: Row) => <Actions row={row} actions={actions} open={show} />;
    // However wide the rest is, what can be done is seen.
    columns.push({ key: "actions", title: t("actions"), render, fixed: "right" });
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
      locale={{ emptyText: <Empty description={t(isNarrowed(narrowed) ? "nothingLikeThis" : spec.empty)} /> }}
    />
  );
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section>
      <div className="bar">
        <Heading ref={heading} tabIndex={-1}>
          {t(spec.title)}
        </Heading>
        <Space>
          {spec.create?.map((create, index) => (
            <Button key={create.title} type={index === 0 ? "primary" : "default"} icon={<PlusOutlined aria-hidden />} onClick={() => show(create)}>
              {t(create.title)}
            </Button>
          ))}
        </Space>
      </div>
      <Problem error={error} />
      <Filters narrowed={narrowed} narrow={narrow} search={spec.search} filters={spec.filters ?? []} />
      {spec.around ? spec.around(rows, table) : table}
      {answer && <Pager {...pager} />}
      <Suspense>{form && <FormDrawer key={form.title} spec={form} close={() => open(undefined)} />}</Suspense>
    </section>
  );
}
