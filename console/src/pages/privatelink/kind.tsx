// Which side of an endpoint opens connections.
import { text, type Answer } from "../../api/call.ts";
import { useWords } from "../../i18n/index.tsx";

/** A service reaches servers through it; otherwise clients reach a service. */
export const isReverse = (found: Answer) => text(found, "EndpointType") === "Reverse";

export function Kind({ of }: { of: Answer }) {
  const t = useWords();
  return <>{t(isReverse(of) ? "reverseEndpoint" : "interfaceEndpoint")}</>;
}
