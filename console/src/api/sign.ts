// Signs a request with ACS3-HMAC-SHA256, as the server checks it. The key never leaves the browser.

const ALGORITHM = "ACS3-HMAC-SHA256";
const text = new TextEncoder();

export interface Key {
  id: string;
  secret: string;
}

export interface Unsigned {
  host: string;
  action: string;
  version: string;
  /** The form, encoded. */
  body: string;
  /** Seconds are its precision. */
  date: Date;
  nonce: string;
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(words: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", text.encode(words)));
}

async function hmac(secret: string, words: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", text.encode(secret), algorithm, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, text.encode(words)));
}

/** The headers of the signed request; `host` is sent by the browser itself. */
export async function sign(key: Key, request: Unsigned): Promise<Record<string, string>> {
  const hash = await sha256(request.body);
  const headers: Record<string, string> = {
    "x-acs-action": request.action,
    "x-acs-content-sha256": hash,
    "x-acs-date": request.date.toISOString().replace(/\.\d+Z$/, "Z"),
    "x-acs-signature-nonce": request.nonce,
    "x-acs-version": request.version,
  };
  const signed: [string, string][] = [["host", request.host], ...Object.entries(headers)];
  const names = signed.map(([name]) => name).join(";");
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join("");
  const canonical = `POST\n/\n\n${lines}\n${names}\n${hash}`;
  const signature = await hmac(key.secret, `${ALGORITHM}\n${await sha256(canonical)}`);
  const authorization = `${ALGORITHM} Credential=${key.id},SignedHeaders=${names},Signature=${signature}`;
  return { ...headers, authorization, "content-type": "application/x-www-form-urlencoded" };
}
