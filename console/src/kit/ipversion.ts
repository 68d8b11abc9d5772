// The field that asks for IPv4 alone or for both families, as endpoints and their services call them.
import type { Word } from "../i18n/index.tsx";
import type { Field } from "./form.ts";

export const ipVersion = (hint: Word): Field => ({
  name: "AddressIpVersion",
  label: "ipVersion",
  kind: "select",
  initial: "IPv4",
  options: [
    { value: "IPv4", label: { text: "IPv4" } },
    { value: "DualStack", label: "dualStack" },
  ],
  hint,
});
