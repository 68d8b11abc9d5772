// A server that is not well, and why, as far as the last probe tells.
import { text, type Answer } from "../../api/call.ts";
import { useWords, type Word } from "../../i18n/index.tsx";
import { Status } from "../../kit/status.tsx";

/** What a reason of the API means, and what to look at. */
const REASONS: Record<string, Word> = {
  CONNECT_TIMEOUT: "connectTimeout",
  CONNECT_FAILED: "connectFailed",
  RECV_RESPONSE_TIMEOUT: "noResponse",
  CONNECT_INTERRUPT: "connectInterrupt",
  HTTP_CODE_NOT_MATCH: "httpCode",
  HTTP_INVALID_HEADER: "httpInvalid",
};

export function Unwell({ server }: { server: Answer }) {
  const t = useWords();
  const status = text(server, "Status");
  const code = text(server, "Reason.ReasonCode");
  const reason = REASONS[code] ?? (status === "Unavailable" ? "serverUnavailable" : status === "Initial" ? "serverInitial" : undefined);
  return (
    <div className="unwell">
      <Status status={status} /> {reason && t(reason)} {code && <span className="mono">{code}</span>}
    </div>
  );
}
