// What is shown, in two languages. A word without one of them does not compile.
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { words } from "./words.ts";

export type Word = keyof typeof words;
export type Language = "en" | "zh";

const STORED = "isthmus.language";
const LanguageContext = createContext<{ language: Language; choose: (language: Language) => void } | null>(null);

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export function translate(language: Language, word: Word): string {
  return words[word][language === "en" ? 0 : 1];
}

export function Languages({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  const value = useMemo(() => {
    const choose = (next: Language) => {
      localStorage.setItem(STORED, next);
      setLanguage(next);
    };
    return { language, choose };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage() {
  const context = use(LanguageContext);
  if (context === null) throw new Error("the languages stand around everything");
  return context;
}

/** The words of the chosen language. */
export function useWords(): (word: Word) => string {
  const { language } = useLanguage();
  return useMemo(() => (word: Word) => translate(language, word), [language]);
}
