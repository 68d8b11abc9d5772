// Who is logged in. The key lives in the session storage of this tab: closing it forgets the key.
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { ask, type Answer, type Call } from "./call.ts";
import type { Key } from "./sign.ts";

const STORED = "isthmus.key";

interface Settings {
  region: string;
  /** Given by a system for trying out alone. */
  key: Key | null;
}

export interface Session {
  region: string;
  key: Key;
  ask: (call: Call) => Promise<Answer>;
  leave: () => void;
}

interface Gate {
  session: Session | null;
  enter: (key: Key) => Promise<void>;
}

const GateContext = createContext<Gate | null>(null);
const SessionContext = createContext<Session | null>(null);

function stored(): Key | null {
  const found = sessionStorage.getItem(STORED);
  return found === null ? null : (JSON.parse(found) as Key);
}

export function SessionGate({ login, children }: { login: ReactNode; children: ReactNode }) {
  const [settings, setSettings] = useState<Settings | null>(null);
  const [key, setKey] = useState<Key | null>(stored);
  useEffect(() => {
    const load = async () => {
      const settings = (await (await fetch("/console/settings.json")).json()) as Settings;
      setSettings(settings);
      // A page that was left stays left: the login page is shown, and offers the key again.
      if (sessionStorage.getItem(STORED) === null && sessionStorage.getItem("isthmus.left") === null) {
        setKey(settings.key);
      }
    };
    void load();
  }, []);
  const gate = useMemo<Gate>(() => {
    const enter = async (next: Key) => {
      await ask(next, { product: "Sts", action: "GetCallerIdentity" });
      sessionStorage.setItem(STORED, JSON.stringify(next));
      setKey(next);
    };
    const leave = () => {
      sessionStorage.removeItem(STORED);
      sessionStorage.setItem("isthmus.left", "yes");
      setKey(null);
    };
    const session =
      key && settings ? { key, region: settings.region, ask: (call: Call) => ask(key, call), leave } : null;
    return { session, enter };
  }, [key, settings]);
  if (settings === null) return null;
  return (
    <GateContext value={gate}>
      {gate.session ? <SessionContext value={gate.session}>{children}</SessionContext> : login}
    </GateContext>
  );
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("this is shown only to who is logged in");
  return session;
}

export function useEnter(): Gate["enter"] {
  const gate = use(GateContext);
  if (gate === null) throw new Error("the gate stands around everything");
  return gate.enter;
}
