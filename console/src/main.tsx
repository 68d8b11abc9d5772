import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { SessionGate } from "./api/session.tsx";
import { Languages } from "./i18n/index.tsx";
import "./main.css";
import { pages } from "./pages/index.tsx";
import { Shell } from "./shell/layout.tsx";
import { Themes } from "./shell/theme.tsx";

const Login = lazy(() => import("./shell/login.tsx"));
const router = createBrowserRouter([{ element: <Shell />, children: pages }], { basename: "/console" });

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Languages>
        <Themes>
          <SessionGate login={<Suspense><Login /></Suspense>}>
            <RouterProvider router={router} />
          </SessionGate>
        </Themes>
      </Languages>
    </StrictMode>,
  );
}
