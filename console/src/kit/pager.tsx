// Where one is in a list, and the ways to its other pages.
import { DoubleLeftOutlined, DoubleRightOutlined, LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, InputNumber, Select, Space } from "antd";
import { useState, type ReactNode } from "react";
import { useWords } from "../i18n/index.tsx";

/** Rows of a page that are offered. */
const SIZES = [20, 50, 100];

export interface PagerProps {
  page: number;
  size: number;
  /** Rows on all pages, where they are counted. */
  total: number | undefined;
  /** Most rows of a page. */
  most: number;
  isLast: boolean;
  turn: (page: number) => void;
  resize: (size: number) => void;
}

export function Pager({ page, size, total, most, isLast, turn, resize }: PagerProps) {
  const t = useWords();
  const last = total === undefined ? undefined : Math.max(1, Math.ceil(total / size));
  const counted = total === undefined ? "" : t("inAll").replace("{}", String(total));
  const way = (label: string, icon: ReactNode, to: number | undefined, open: boolean) => (
    <Button icon={icon} aria-label={label} disabled={!open || to === undefined} onClick={() => to !== undefined && turn(to)} />
  );
  if (page === 1 && isLast && size === SIZES[0]) return <div className="pager">{counted}</div>;
  return (
    <Space className="pager" role="group" aria-label={t("pages")}>
      <span>{counted}</span>
      {way(t("first"), <DoubleLeftOutlined aria-hidden />, 1, page > 1)}
      {way(t("previous"), <LeftOutlined aria-hidden />, page - 1, page > 1)}
      <PageBox key={page} page={page} last={last} turn={turn} />
      {last !== undefined && <span>/ {last}</span>}
      {way(t("next"), <RightOutlined aria-hidden />, page + 1, !isLast)}
      {way(t("last"), <DoubleRightOutlined aria-hidden />, last, !isLast)}
      <Select aria-label={t("rowsOfPage")} value={size} onChange={resize} options={SIZES.filter((size) => size <= most).map((value) => ({ value, label: value }))} />
    </Space>
  );
}

/** Where the number of a page is typed. */
function PageBox({ page, last, turn }: Pick<PagerProps, "page" | "turn"> & { last: number | undefined }) {
  const t = useWords();
  const [typed, type] = useState<number | null>(page);
  const go = () => {
    if (typed !== null) turn(Math.min(Math.trunc(typed), last ?? typed));
  };
  return <InputNumber aria-label={t("page")} min={1} {...(last && { max: last })} value={typed} onChange={type} onPressEnter={go} controls={false} />;
}
