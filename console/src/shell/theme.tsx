// Dark and light, as the system has it until somebody chooses.
import { App, ConfigProvider, theme } from "antd";
import zhCN from "antd/locale/zh_CN";
import enUS from "antd/locale/en_US";
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { useLanguage } from "../i18n/index.tsx";

const STORED = "isthmus.theme";
const ThemeContext = createContext({ dark: false, turn: () => {} });

function preferred(): boolean {
  const stored = localStorage.getItem(STORED);
  return stored === null ? matchMedia("(prefers-color-scheme: dark)").matches : stored === "dark";
}

/** Nothing moves for who has asked the system for that. */
const MOTION = !matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Links and primary buttons are dark enough to be read on white, and darker still under the pointer. */
const LIGHT = {
  colorPrimary: "#0958d9",
  colorPrimaryHover: "#003eb3",
  colorLink: "#0958d9",
  colorLinkHover: "#003eb3",
  colorTextDescription: "#595959",
  colorTextPlaceholder: "#6b6b6b",
};
/** What is selected, or under the pointer, is written in the colour of links: the primary colour of the dark is too dark to read. */
const WRITTEN = {
  Menu: { itemSelectedColor: "#69b1ff" },
  Tabs: { itemSelectedColor: "#69b1ff" },
  Button: { colorPrimaryHover: "#1554ad", defaultHoverColor: "#69b1ff", defaultHoverBorderColor: "#69b1ff" },
};
const DARK = { colorPrimary: "#1668dc", colorLink: "#69b1ff", colorTextDescription: "#a6a6a6", colorTextPlaceholder: "#8c8c8c" };

export function Themes({ children }: { children: ReactNode }) {
  const [dark, setDark] = useState(preferred);
  const { language } = useLanguage();
  const value = useMemo(() => {
    const turn = () => {
      localStorage.setItem(STORED, dark ? "light" : "dark");
      setDark(!dark);
    };
    return { dark, turn };
  }, [dark]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  }, [dark]);
  const config = { algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm, token: { ...(dark ? DARK : LIGHT), motion: MOTION }, components: dark ? WRITTEN : {} };
  return (
    <ThemeContext value={value}>
      <ConfigProvider theme={config} locale={language === "zh" ? zhCN : enUS} button={{ autoInsertSpace: false }}>
        <App>{children}</App>
      </ConfigProvider>
    </ThemeContext>
  );
}

export function useTheme() {
  return use(ThemeContext);
}
