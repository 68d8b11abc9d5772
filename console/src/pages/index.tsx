// Which page stands under which path; each is loaded when it is first opened.
import { lazy, type ComponentType } from "react";
import { Navigate, type RouteObject } from "react-router";

type Load = () => Promise<{ default: ComponentType }>;

const PAGES: Record<string, Load> = {
  "/topology": () => import("./topology/topology.tsx"),
  "/flows": () => import("./connections/flows.tsx"),
  "/connectivity": () => import("./connections/connectivity.tsx"),
  "/vpc/vpcs": () => import("./vpc/vpcs.tsx"),
  "/vpc/vpcs/:id": () => import("./vpc/vpc.tsx"),
  "/vpc/vswitches/:id": () => import("./vpc/vswitch.tsx"),
  "/vpc/vswitches": () => import("./vpc/vswitches.tsx"),
  "/vpc/routetables": () => import("./vpc/routetables.tsx"),
  "/vpc/routetables/:id": () => import("./vpc/routetable.tsx"),
  "/pvtz/zones": () => import("./pvtz/zones.tsx"),
  "/pvtz/zones/:id": () => import("./pvtz/zone.tsx"),
  "/ecs/instances": () => import("./ecs/instances.tsx"),
  "/ecs/instances/:id": () => import("./ecs/instance.tsx"),
  "/ecs/securitygroups": () => import("./ecs/securitygroups.tsx"),
  "/ecs/securitygroups/:id": () => import("./ecs/securitygroup.tsx"),
  "/ecs/prefixlists": () => import("./ecs/prefixlists.tsx"),
  "/ecs/prefixlists/:id": () => import("./ecs/prefixlist.tsx"),
  "/nlb/instances": () => import("./nlb/loadbalancers.tsx"),
  "/nlb/instances/:id": () => import("./nlb/loadbalancer.tsx"),
  "/nlb/instances/:balancer/listeners/:id": () => import("./nlb/listener.tsx"),
  "/nlb/servergroups": () => import("./nlb/servergroups.tsx"),
  "/nlb/servergroups/:id": () => import("./nlb/servergroup.tsx"),
  "/nlb/securitypolicies": () => import("./nlb/securitypolicies.tsx"),
  "/cas/certificates": () => import("./cas/certificates.tsx"),
  "/privatelink/services": () => import("./privatelink/services.tsx"),
  "/privatelink/services/:id": () => import("./privatelink/service.tsx"),
  "/privatelink/endpoints": () => import("./privatelink/endpoints.tsx"),
  "/privatelink/endpoints/:id": () => import("./privatelink/endpoint.tsx"),
  "/account": () => import("./account.tsx"),
  "/resourcegroups": () => import("./resourcegroups.tsx"),
};

function page([path, load]: [string, Load]): RouteObject {
  const Page = lazy(load);
  return { path, element: <Page /> };
}

export const pages: RouteObject[] = [
  ...Object.entries(PAGES).map(page),
  { path: "*", element: <Navigate to="/vpc/vpcs" replace /> },
];
