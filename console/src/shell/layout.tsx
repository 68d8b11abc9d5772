// The frame around every page.
import { LogoutOutlined } from "@ant-design/icons";
import { Badge, Button, Layout, Menu, Space, Spin } from "antd";
import { Suspense } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { Live, useLive } from "../api/live.tsx";
import { useSession } from "../api/session.tsx";
import { useWords } from "../i18n/index.tsx";
import { Choices } from "./choices.tsx";
import { MENU } from "./menu.ts";

function Liveness() {
  const t = useWords();
  const { connected } = useLive();
  return <Badge status={connected ? "success" : "warning"} text={t(connected ? "live" : "reconnecting")} />;
}

function Side() {
  const t = useWords();
  const { pathname } = useLocation();
  const chosen = MENU.flatMap(({ entries }) => entries).filter(({ path }) => pathname.startsWith(path));
  const items = MENU.map(({ label, entries }) => ({
    key: label,
    type: "group" as const,
    label: t(label),
    children: entries.map(({ label, path }) => ({ key: path, label: <NavLink to={path}>{t(label)}</NavLink> })),
  }));
  return <Menu mode="inline" selectedKeys={chosen.map(({ path }) => path)} items={items} />;
}

export function Shell() {
  const t = useWords();
  const { region, key, leave } = useSession();
  return (
    <Live>
      <Layout className="shell">
        <Layout.Header className="head">
          <h1>
            <Link to="/">Isthmus</Link>
          </h1>
          <Space size="large">
            <Liveness />
            <span>{region}</span>
            <span title={t("accessKeyId")}>{key.id}</span>
            <Choices />
            <Button type="text" icon={<LogoutOutlined aria-hidden />} onClick={leave}>
              {t("logOff")}
            </Button>
          </Space>
        </Layout.Header>
        <Layout>
          <Layout.Sider width={220} theme="light" className="side">
            <nav aria-label="Isthmus">
              <Side />
            </nav>
          </Layout.Sider>
          <Layout.Content className="content" role="main">
            <Suspense fallback={<Spin />}>
              <Outlet />
            </Suspense>
          </Layout.Content>
        </Layout>
      </Layout>
    </Live>
  );
}
