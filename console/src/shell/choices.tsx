// Language and theme.
import { BulbOutlined, TranslationOutlined } from "@ant-design/icons";
import { Button, Space } from "antd";
import { useLanguage, useWords } from "../i18n/index.tsx";
import { useTheme } from "./theme.tsx";

export function Choices() {
  const t = useWords();
  const { language, choose } = useLanguage();
  const { dark, turn } = useTheme();
  return (
    <Space>
      <Button type="text" icon={<TranslationOutlined aria-hidden />} onClick={() => choose(language === "en" ? "zh" : "en")}>
        {language === "en" ? "中文" : "English"}
      </Button>
      <Button type="text" icon={<BulbOutlined aria-hidden />} aria-label={t(dark ? "light" : "dark")} onClick={turn} />
    </Space>
  );
}
