// One field of a form, of whatever kind.
import { MinusCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Select, Switch, type FormInstance } from "antd";
import { useWords } from "../i18n/index.tsx";
import { rows, strs, type Entries, type Field } from "./form.ts";
import { useOptions } from "./options.ts";

interface Place {
  entries: Entries;
  /** The group and the line that the field stands in. */
  line?: { group: string; index: number };
  /** The `each` field, and what is chosen, that the field is for. */
  one?: [string, string];
}

/** What is entered in the line that the field stands in. */
const lineOf = (entries: Entries, { line }: Place): Entries => (line ? (rows(entries[line.group])[line.index] ?? {}) : {});

function Choice({ field, place, ...rest }: { field: Extract<Field, { kind: "offered" | "offeredSeveral" }>; place: Place }) {
  const t = useWords();
  const offer = field.offer(place.entries, lineOf(place.entries, place));
  const { options, cut, error, search } = useOptions(offer);
  const nothing = error ? error.message : offer === undefined ? t("chooseAboveFirst") : t("nothingToChoose");
  return (
    <Select
      {...rest}
      {...(field.kind === "offeredSeveral" ? { mode: "multiple" as const } : {})}
      showSearch={{ optionFilterProp: "label", onSearch: search }}
      allowClear
      options={options}
      notFoundContent={cut ? t("notAllSearched") : nothing}
      placeholder={t("choose")}
    />
  );
}

/** The component of a field; the form gives it its value. */
function Control({ field, place, ...rest }: { field: Exclude<Field, { kind: "group" | "each" }>; place: Place; id?: string }) {
  const t = useWords();
  const named = (options: Extract<Field, { kind: "select" | "several" }>["options"]) =>
    options.map(({ value, label }) => ({ value, label: typeof label === "string" ? t(label) : label.text }));
  switch (field.kind) {
    case "text":
      return <Input {...rest} autoComplete="off" />;
    case "password":
      return <Input.Password {...rest} autoComplete="off" />;
    case "area":
      return <Input.TextArea {...rest} autoSize={{ minRows: 3, maxRows: 14 }} className="mono" />;
    case "number":
      return <InputNumber {...rest} min={field.least} max={field.most} controls={false} />;
    case "switch":
      return <Switch {...rest} aria-label={t(field.label)} />;
    case "select":
      return <Select {...rest} options={named(field.options)} />;
    case "several":
      return <Select {...rest} mode="multiple" options={named(field.options)} />;
    case "offered":
    case "offeredSeveral":
      return <Choice {...rest} field={field} place={place} />;
  }
}

function Group({ field, entries }: { field: Extract<Field, { kind: "group" }>; entries: Entries }) {
  const t = useWords();
  return (
    <Form.Item label={t(field.label)} required={field.required ?? false} extra={field.hint && t(field.hint)}>
      <Form.List name={field.name}>
        {(lines, { add, remove }) => (
          <>
            {lines.map(({ key, name: index }) => (
              <div key={key} className="line" role="group" aria-label={`${t(field.label)} ${index + 1}`}>
                {field.fields.map((inner) => (
                  <FieldItem key={inner.name} field={inner} place={{ entries, line: { group: field.name, index } }} />
                ))}
                {lines.length > field.least && (
                  <Button type="text" icon={<MinusCircleOutlined aria-hidden />} aria-label={t("remove")} onClick={() => remove(index)} />
                )}
              </div>
            ))}
            <Button type="dashed" icon={<PlusOutlined aria-hidden />} onClick={() => add({})}>
              {t(field.add)}
            </Button>
          </>
        )}
      </Form.List>
    </Form.Item>
  );
}

function Each({ field, entries }: { field: Extract<Field, { kind: "each" }>; entries: Entries }) {
  const offer = field.names(entries);
  const { options } = useOptions(offer);
  return strs(entries[field.over]).map((one) => {
    const name = options.find(({ value }) => value === one)?.label ?? one;
    return (
      <fieldset key={one} aria-label={name}>
        <legend>{name}</legend>
        <div className="line">
          {field.fields.map((inner) => (
            <FieldItem key={inner.name} field={inner} place={{ entries, one: [field.name, one] }} />
          ))}
        </div>
      </fieldset>
    );
  });
}

export function FieldItem({ field, place }: { field: Field; place: Place }) {
  const t = useWords();
  if (field.when && !field.when(place.entries)) return null;
  if (field.kind === "group") return <Group field={field} entries={place.entries} />;
  if (field.kind === "each") return <Each field={field} entries={place.entries} />;
  const { check } = field;
  const together = (form: Pick<FormInstance, "getFieldsValue">) => ({
    validator: () => {
      // What is entered by now: this runs before the form is drawn again.
      const entries = form.getFieldsValue(true) as Entries;
      const wrong = check?.(entries, lineOf(entries, place));
      return wrong === undefined ? Promise.resolve() : Promise.reject(new Error(t(wrong)));
    },
  });
  const rules = [
    ...(check ? [together] : []),
    { required: field.required ?? false, message: t("required") },
    ...("pattern" in field && field.pattern ? [{ pattern: field.pattern, message: field.hint ? t(field.hint) : t("invalid") }] : []),
  ];
  return (
    <Form.Item
      name={place.line ? [place.line.index, field.name] : place.one ? [...place.one, field.name] : field.name}
      label={t(field.label)}
      rules={rules}
      extra={field.hint && t(field.hint)}
      {...(place.one && field.initial !== undefined && { initialValue: field.initial })}
      valuePropName={field.kind === "switch" ? "checked" : "value"}
    >
      <Control field={field} place={place} />
    </Form.Item>
  );
}
