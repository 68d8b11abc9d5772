// What narrows a list: a text that the server looks for, and choices.
import { SearchOutlined } from "@ant-design/icons";
import { Input, Select, Space } from "antd";
import { useState } from "react";
import type { Params } from "../api/call.ts";
import { useLanguage, useWords, type Word } from "../i18n/index.tsx";
import { status } from "../i18n/statuses.ts";
import type { Offer, Option } from "./form.ts";
import { useOptions } from "./options.ts";
import type { Search } from "./search.ts";

export type Filter = { label: Word; params: (chosen: string) => Params } & ({ options: Option[] } | { offer: () => Offer | undefined });

/** What is entered: the text, and what is chosen in each filter. */
export interface Narrowed {
  typed: string;
  chosen: Record<string, string | undefined>;
}

export const ALL: Narrowed = { typed: "", chosen: {} };

export const isNarrowed = ({ typed, chosen }: Narrowed): boolean => typed.trim() !== "" || Object.values(chosen).some((one) => one !== undefined);

/** What a list is asked for besides. */
export function narrowing({ typed, chosen }: Narrowed, search: Search | undefined, filters: Filter[]): Params {
  const text = typed.trim();
  const found = search && text !== "" ? search.params(text) : {};
  return filters.reduce((params, { label, params: of }) => ({ ...params, ...(chosen[label] === undefined ? {} : of(chosen[label])) }), found);
}

interface Choosing {
  label: Word;
  value: string | undefined;
  choose: (value: string | undefined) => void;
}

function Among({ label, value, choose, options, open, search }: Choosing & { options: Option[]; open?: () => void; search?: (typed: string) => void }) {
  const t = useWords();
  return (
    <Select
      className="filter"
      aria-label={t(label)}
      placeholder={t(label)}
      allowClear
      showSearch={{ optionFilterProp: "label", ...(search && { onSearch: search }) }}
      value={value}
      onChange={(value: string | undefined) => choose(value)}
      options={options}
      {...(open && { onOpenChange: open })}
    />
  );
}

/** Its choices are asked for when it is first opened. */
function Offered({ offer, ...choosing }: Choosing & { offer: () => Offer | undefined }) {
  const [opened, setOpened] = useState(false);
  const { options, search } = useOptions(opened ? offer() : undefined);
  return <Among {...choosing} options={options} search={search} open={() => setOpened(true)} />;
}

export function Filters({ narrowed, narrow, search, filters }: { narrowed: Narrowed; narrow: (next: Narrowed) => void; search: Search | undefined; filters: Filter[] }) {
  const t = useWords();
  const { language } = useLanguage();
  if (search === undefined && filters.length === 0) return null;
  const { typed, chosen } = narrowed;
  return (
    <Space wrap className="filters" role="search">
      {search && (
        <Input
          className="search"
          prefix={<SearchOutlined aria-hidden />}
          aria-label={t("search")}
          placeholder={t(search.hint)}
          allowClear
          value={typed}
          onChange={(change) => narrow({ typed: change.target.value, chosen })}
        />
      )}
      {filters.map((filter) => {
        const { label } = filter;
        const choosing = { label, value: chosen[label], choose: (value: string | undefined) => narrow({ typed, chosen: { ...chosen, [label]: value } }) };
        return "offer" in filter ? <Offered key={label} {...choosing} offer={filter.offer} /> : <Among key={label} {...choosing} options={filter.options.map(({ value, label }) => ({ value, label: status(language, label) }))} />;
      })}
    </Space>
  );
}
