import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { isStatus, unreachable } from "@/api/client";
import { answers } from "@/api/connection";
import {
  accountQuery,
  lastWorkspace,
  memberQuery,
  rememberWorkspace,
  statusQuery,
  workspacesQuery,
} from "@/features/session/session";
import { Shell } from "@/features/shell/shell";
import { CrashPage, MissingPage } from "@/pages/problems";

type Search = Record<string, unknown>;

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: MissingPage,
});

type PageModule = { default: () => React.ReactNode };

/** A page whose code cannot be had since no server answers says that, instead of having the browser load the address anew. */
async function fetched(load: () => Promise<unknown>): Promise<PageModule> {
  try {
    return (await load()) as PageModule;
  } catch (error) {
    throw (await answers()) ? error : unreachable();
  }
}

/** Sends to the sign-in page when nobody is signed in; asks in a way that is no error when that is so. */
async function requireSession(client: QueryClient, href: string, workspace?: string): Promise<void> {
  const toLogin = () => redirect({ to: "/login", search: { to: href } });
  if (!client.getQueryData(accountQuery.queryKey)) {
    const status = await client.fetchQuery({ ...statusQuery, staleTime: 0 });
    if (status.signed_in === false) throw toLogin();
  }
  // Asked for beside the account: the page needs both.
  if (workspace) void client.prefetchQuery(memberQuery(workspace));
  try {
    await client.ensureQueryData(accountQuery);
  } catch (error) {
    if (isStatus(error, 401, 403)) throw toLogin();
    throw error;
  }
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Search): { to?: string } =>
    typeof search.to === "string" ? { to: search.to } : {},
  component: lazyRouteComponent(() => import("@/pages/login")),
});

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  component: lazyRouteComponent(() => import("@/pages/reset-password")),
});

const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context, location }) => {
    await requireSession(context.client, location.href);
    const { workspaces } = await context.client.ensureQueryData(workspacesQuery);
    const last = workspaces.find((known) => known.id === lastWorkspace());
    const chosen = last ?? workspaces.find((known) => known.id !== "admins") ?? workspaces[0];
    if (!chosen) throw redirect({ to: "/workspaces" });
    throw redirect({ to: "/w/$workspace", params: { workspace: chosen.id }, replace: true });
  },
});

const workspaces = createRoute({
  getParentRoute: () => root,
  path: "/workspaces",
  beforeLoad: ({ context, location }) => requireSession(context.client, location.href),
  component: lazyRouteComponent(() => import("@/pages/workspaces")),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/run/$id",
  validateSearch: (search: Search): { workspace?: string } =>
    typeof search.workspace === "string" ? { workspace: search.workspace } : {},
  beforeLoad: ({ params, search }) => {
    const workspace = search.workspace ?? lastWorkspace();
    if (!workspace) throw redirect({ to: "/workspaces" });
    throw redirect({ to: "/w/$workspace/run/$id", params: { workspace, id: params.id } });
  },
});

const approve = ["/approve/$workspace/$job", "/approve/$workspace/$job/$resumeId/$signature"].map((path) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: (search: Search): { approver?: string } =>
      search.approver === undefined ? {} : { approver: String(search.approver) },
    component: lazyRouteComponent(() => import("@/pages/approve")),
  }),
);

const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared/$workspace/$share/$signature",
  component: lazyRouteComponent(() => import("@/pages/shared")),
});

const workspace = createRoute({
  getParentRoute: () => root,
  path: "/w/$workspace",
  beforeLoad: async ({ context, location, params }) => {
    await requireSession(context.client, location.href, params.workspace);
    await context.client.ensureQueryData(memberQuery(params.workspace));
    rememberWorkspace(params.workspace);
  },
  component: Shell,
});

const pages = [
  ["/", () => import("@/pages/home")],
  ["/scripts/new", () => import("@/pages/edit")],
  ["/scripts/$", () => import("@/pages/script")],
  ["/edit/$", () => import("@/pages/edit")],
  ["/flows/add", () => import("@/pages/flow-edit")],
  ["/flows/edit/$", () => import("@/pages/flow-edit")],
  ["/flows/$", () => import("@/pages/flow")],
  ["/inbox", () => import("@/pages/inbox")],
  ["/runs", () => import("@/pages/runs")],
  ["/run/$id", () => import("@/pages/run")],
  ["/variables", () => import("@/pages/variables")],
  ["/resources", () => import("@/pages/resources")],
  ["/folders", () => import("@/pages/folders")],
  ["/members", () => import("@/pages/members")],
  ["/workers", () => import("@/pages/workers")],
  ["/alerts", () => import("@/pages/alerts")],
  ["/audit", () => import("@/pages/audit")],
  ["/trash", () => import("@/pages/trash")],
  ["/settings", () => import("@/pages/settings")],
  ["/account", () => import("@/pages/account")],
  ["/users", () => import("@/pages/users")],
] as const;

export function makeRouter(client: QueryClient) {
  const children = pages.map(([path, load]) =>
    createRoute({
      getParentRoute: () => workspace,
      path,
      validateSearch: (search: Search): Search => search,
      component: lazyRouteComponent(() => fetched(load)),
    }),
  );
  return createRouter({
    routeTree: root.addChildren([
      login,
      resetPassword,
      start,
      workspaces,
      run,
      ...approve,
      shared,
      workspace.addChildren(children),
    ]),
    context: { client },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 10_000,
    defaultErrorComponent: CrashPage,
    scrollRestoration: true,
  });
}

type Preloadable = { preload?: () => Promise<unknown> } | undefined;

/** Fetches the code of the page in the address beside the session, not after it. */
export function preloadPage(router: ReturnType<typeof makeRouter>): void {
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    const page = router.routesById[routeId as keyof typeof router.routesById].options
      .component as Preloadable;
    // What fails here is asked for again, and told of, when the page is drawn.
    void page?.preload?.()?.catch(() => {});
  }
}
