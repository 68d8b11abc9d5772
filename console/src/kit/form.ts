// What a form is: a value that says which fields there are and which call they become.
import type { Answer, Call, Params } from "../api/call.ts";
import type { Word } from "../i18n/index.tsx";
import type { Paging } from "./paging.ts";

/** A field's value: what the component gives. */
export type Entry = string | number | boolean | undefined | Entry[] | { [name: string]: Entry };
export type Entries = Record<string, Entry>;

export interface Option {
  value: string;
  label: string;
}

/** Values that the API lists. */
export interface Values {
  call: Call;
  paging: Paging;
  pick: (answer: Answer) => string[];
}

/** Choices that the API offers. */
export interface Offer {
  call: Call;
  paging: Paging;
  pick: (answer: Answer) => Option[];
  /** Choices that somebody has already: they are not offered. */
  taken?: Values;
  /** Those alone are offered that are here, too. */
  among?: Values;
  /** Choices that are made in other lines of the form. */
  without?: string[];
  /** How the same call asks for what a text names, on whichever page it is. */
  search?: (typed: string) => Params;
}

interface Base {
  name: string;
  label: Word;
  required?: boolean;
  hint?: Word;
  initial?: Entry;
  /** Whether it is asked, given what is entered so far. */
  when?: (entries: Entries) => boolean;
  /** What is wrong with it beside the others, which is said before anything is sent. `row` is the line of the group it stands in. */
  check?: (entries: Entries, row: Entries) => Word | undefined;
  /** Fields that are emptied when this one changes. */
  resets?: string[];
}

export type Field = Base &
  (
    | { kind: "text" | "area" | "password"; pattern?: RegExp }
    | { kind: "number"; least: number; most: number }
    | { kind: "switch" }
    | { kind: "select" | "several"; options: { value: string; label: Word | { text: string } }[] }
    /** Choices from the API; nothing is offered while there is no offer. `row` is the line of the group it stands in. */
    | { kind: "offered" | "offeredSeveral"; offer: (entries: Entries, row: Entries) => Offer | undefined }
    /** The same fields for each of what is chosen in another field, whose choices name the lines. */
    | { kind: "each"; over: string; names: (entries: Entries) => Offer | undefined; fields: Field[] }
    | { kind: "group"; fields: Field[]; add: Word; least: number }
  );

export interface Step {
  title: Word;
  fields: Field[];
}

export interface FormSpec {
  title: Word;
  intro?: Word;
  steps: Step[];
  /** The button that sends it. */
  send?: Word;
  call: (entries: Entries) => Call;
  /** What is there already, for a form that changes something. */
  initial?: Entries;
  /** Where to go with the answer. */
  then?: (answer: Answer) => string | undefined;
}

export const str = (entry: Entry): string => (typeof entry === "string" ? entry : "");
export const rows = (entry: Entry): Entries[] => (Array.isArray(entry) ? (entry as Entries[]) : []);
/** What is entered in an `each` field for one of what is chosen. */
export const forOne = (entry: Entry, one: string): Entries =>
  typeof entry === "object" && !Array.isArray(entry) ? ((entry[one] ?? {}) as Entries) : {};
/** What the other lines of a group have in a field. */
export const others = (group: Entry, row: Entries, name: string): string[] =>
  rows(group)
    .filter((other) => other !== row)
    .map((other) => str(other[name]));
export const strs = (entry: Entry): string[] => (Array.isArray(entry) ? entry.map((one) => str(one)) : []);

/** A form of one step. */
export function single(title: Word, fields: Field[]): Step[] {
  return [{ title, fields }];
}

/** Every field with its value at the beginning. */
export function beginning(spec: FormSpec): Entries {
  const entries: Entries = {};
  for (const field of spec.steps.flatMap((step) => step.fields)) {
    if (field.kind === "group") entries[field.name] = Array.from({ length: field.least }, () => ({}));
    if (field.kind === "switch") entries[field.name] = false;
    if (field.initial !== undefined) entries[field.name] = field.initial;
  }
  return { ...entries, ...spec.initial };
}

const isEmpty = (entry: Entry): boolean => entry === undefined || entry === "" || (Array.isArray(entry) && entry.length === 0);

/** Whether nothing that must be filled in is left out, and nothing is wrong that is known before it is sent. */
export function isComplete(fields: Field[], entries: Entries, row: Entries = entries): boolean {
  return fields.every((field) => {
    if (field.when && !field.when(entries)) return true;
    if (field.kind === "group") return rows(row[field.name]).every((line) => isComplete(field.fields, entries, line));
    if (field.kind === "each") return strs(entries[field.over]).every((one) => isComplete(field.fields, entries, forOne(entries[field.name], one)));
    const entry = row[field.name];
    if (isEmpty(entry)) return !(field.required ?? false);
    if ("pattern" in field && field.pattern && !field.pattern.test(str(entry))) return false;
    return field.check?.(entries, row) === undefined;
  });
}
