import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, ChevronRight, Pencil, SearchX, Star, TriangleAlert } from "lucide-react";
import { isStatus } from "@/api/client";
import { DraftedBadge } from "@/features/drafts/drafted-badge";
import { authorsBeside, draftsQuery } from "@/features/drafts/drafts";
import { useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { FRAME } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { KINDS, type Kind, shortName } from "./kinds";

type Shown = {
  path: string;
  summary?: string;
  starred?: boolean;
  archived?: boolean;
  labels?: string[] | null;
};

type HeadProps = {
  kind: Kind;
  item: Shown;
  icon: React.ReactNode;
  /** The version that is looked at, when it is not the newest. */
  version: string | undefined;
  /** Whether the person may change it. */
  writable: boolean;
  badges?: React.ReactNode;
  menu?: React.ReactNode;
  onStar: (starred: boolean) => void;
};

/** Where one is, what it is called, and what can be done with it. */
export function PageHead({ kind, item, icon, version, writable, badges, menu, onStar }: HeadProps) {
  const workspace = useWorkspace();
  const { path } = item;
  const routes = KINDS[kind];
  const member = useMember();
  const drafts = useQuery({ ...draftsQuery(workspace), enabled: writable });
  const isDrafted = drafts.data?.some((draft) => draft.mine && draft.kind === kind && draft.path === path);
  const owner = path.split("/").slice(0, 2).join("/");
  return (
    <>
      <nav aria-label="Breadcrumb" className="mb-1.5 flex items-center gap-1 text-xs text-muted">
        <Link to="/w/$workspace" params={{ workspace }} search={{ kind }} className="hover:text-text">
          {routes.list}
        </Link>
        <ChevronRight className="size-3" aria-hidden />
        <Link to="/w/$workspace" params={{ workspace }} search={{ owner }} className="hover:text-text">
          {path.split("/")[1]}
        </Link>
      </nav>
      <header className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 items-center gap-3">
          {icon}
          <div className="min-w-0">
            <h1 className="flex items-center gap-2 text-lg font-semibold leading-6">
              <span className="truncate">{shortName(item)}</span>
              <button
                type="button"
                aria-label={item.starred ? "Unstar" : "Star"}
                aria-pressed={Boolean(item.starred)}
                onClick={() => onStar(!item.starred)}
                className="rounded p-0.5 text-line-strong hover:text-warning-solid"
              >
                <Star className={cn("size-4", item.starred && "fill-warning-solid text-warning-solid")} />
              </button>
            </h1>
            <div className="flex min-h-5 flex-wrap items-center gap-2 text-xs">
              <span className="font-mono text-faint">{path}</span>
              {item.archived && <Badge tone="warning">Archived</Badge>}
              {version && <Badge tone="accent">Version {version}</Badge>}
              {isDrafted && <Badge tone="warning">Draft of yours</Badge>}
              <DraftedBadge authors={authorsBeside(drafts.data, kind, path, member?.username)} />
              {badges}
              {item.labels?.map((label) => (
                <Badge key={label} tone="outline">
                  {label}
                </Badge>
              ))}
            </div>
          </div>
        </div>
        <div className="flex items-center gap-2">
          <Button asChild variant="ghost">
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ path }}>
              <Activity /> Runs
            </Link>
          </Button>
          {writable && (
            <Button asChild>
              <Link to={routes.edit} params={{ workspace, _splat: path }}>
                <Pencil /> Edit
              </Link>
            </Button>
          )}
          {menu}
        </div>
      </header>
    </>
  );
}

/** What stands in the page's place while it loads, or when there is nothing to show. */
export function PageMissing(props: {
  kind: Kind;
  path: string;
  error: Error | null;
  retry: () => void;
  /** What else one can do about it. */
  action?: React.ReactNode;
}) {
  const { kind, path, error, retry, action } = props;
  const workspace = useWorkspace();
  if (!error) {
    return (
      <div className={cn(FRAME, "space-y-4")} role="status" aria-label="Loading">
        <Skeleton className="h-7 w-72" />
        <Skeleton className="h-4 w-48" />
        <Skeleton className="h-72" />
      </div>
    );
  }
  if (!isStatus(error, 404)) return <ErrorState error={error} retry={retry} className="pt-32" />;
  return (
    <EmptyState
      icon={SearchX}
      title={`There is no such ${kind}`}
      className="pt-32"
      action={
        <>
          {action}
          <Button asChild>
            <Link to="/w/$workspace" params={{ workspace }}>
              Home
            </Link>
          </Button>
        </>
      }
    >
      <span className="font-mono">{path}</span> does not exist, was archived, or you may not see it.
    </EmptyState>
  );
}

/** That the requirements of a version could not be locked, with what the resolver said. */
export function LockFailure({ title, logs, children }: { title: string; logs: string; children?: string }) {
  return (
    <div className="mb-4 rounded-lg border border-danger-solid/40 bg-danger-soft p-3">
      <p className="flex items-center gap-2 text-sm font-medium text-danger">
        <TriangleAlert className="size-4" aria-hidden /> {title}
      </p>
      {children && <p className="mt-1 text-xs text-muted">{children}</p>}
      <pre className="thin-scroll mt-2 max-h-48 overflow-auto whitespace-pre-wrap font-mono text-xs">
        {logs}
      </pre>
    </div>
  );
}
