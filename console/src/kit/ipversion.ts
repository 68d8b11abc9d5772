// The field that asks for IPv4 alone or for both families.
import type { Word } from "../i18n/index.tsx";
import type { Field } from "./form.ts";

/** `ipv4` is how the product spells it: clients are told it as it was sent. */
export const ipVersion = (ipv4: "IPv4" | "Ipv4", hint: Word): Field => ({
  name: "AddressIpVersion",
  label: "ipVersion",
  kind: "select",
  initial: ipv4,
  options: [
    { value: ipv4, label: { text: "IPv4" } },
    { value: "DualStack", label: "dualStack" },
  ],
  hint,
});
