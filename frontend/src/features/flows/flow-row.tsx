import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Archive, Copy, Ellipsis, History, Pencil, Play, Star, Workflow } from "lucide-react";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { copyText } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";
import { archiveFlow, type Flow, useStarFlow } from "./flows";

export function FlowIcon({ className }: { className?: string }) {
  return (
    <span
      title="Flow"
      className={cn(
        "inline-flex size-6 shrink-0 items-center justify-center rounded-md border border-accent/25 bg-accent-soft text-accent-text",
        className,
      )}
    >
      <Workflow className="size-3.5" aria-hidden />
    </span>
  );
}

/** A flow in the list of what can be run. */
export function FlowRow({ flow, develop }: { flow: Flow; develop: boolean }) {
  const workspace = useWorkspace();
  const star = useStarFlow(workspace);
  const confirm = useConfirm();
  const client = useQueryClient();
  const navigate = useNavigate();
  const archive = useMutation({
    mutationFn: () => archiveFlow(workspace, flow.path),
    onSuccess: () => {
      tellDone("Flow archived", flow.path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
    },
    onError: tellError,
  });
  const draftOnly = Boolean(flow.draft_only);
  const params = { workspace, _splat: flow.path };
  const edit = () =>
    void navigate(
      draftOnly
        ? { to: "/w/$workspace/flows/add", params: { workspace }, search: { draft: flow.path } }
        : { to: "/w/$workspace/flows/edit/$", params },
    );
  return (
    <li className="group relative flex items-center gap-3 px-3 py-2.5 hover:bg-hover/60 sm:px-4">
      <button
        type="button"
        aria-label={flow.starred ? `Unstar ${flow.path}` : `Star ${flow.path}`}
        aria-pressed={Boolean(flow.starred)}
        onClick={() => star.mutate({ path: flow.path, starred: !flow.starred })}
        className="relative z-10 -m-1 hidden rounded p-1 text-line-strong hover:text-warning-solid sm:block"
      >
        <Star className={cn("size-3.5", flow.starred && "fill-warning-solid text-warning-solid")} />
      </button>
      <FlowIcon />
      <div className="min-w-0 flex-1">
        <Link
          to={draftOnly ? "/w/$workspace/flows/add" : "/w/$workspace/flows/$"}
          params={params}
          search={draftOnly ? { draft: flow.path } : {}}
          className="font-medium outline-none after:absolute after:inset-0 focus-visible:after:rounded-lg focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          <span className="block truncate">{flow.summary || flow.path.split("/").slice(2).join("/")}</span>
        </Link>
        <div className="truncate font-mono text-xs text-faint">{flow.path}</div>
      </div>
      <div className="hidden items-center gap-1.5 md:flex">
        {(draftOnly || flow.is_draft) && <Badge tone="warning">Draft</Badge>}
        {flow.archived && <Badge>Archived</Badge>}
        {flow.labels?.map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </div>
      <div className="hidden w-40 shrink-0 text-right text-xs text-muted lg:block">
        <span className="block truncate">{flow.edited_by}</span>
        <RelativeTime at={flow.edited_at} className="text-faint" />
      </div>
      <div className="relative z-10 flex shrink-0 items-center gap-1">
        {!flow.archived && !draftOnly ? (
          <Button asChild size="sm" className="hidden sm:inline-flex">
            <Link to="/w/$workspace/flows/$" params={params}>
              <Play /> Run
            </Link>
          </Button>
        ) : (
          <span className="hidden w-16 sm:block" />
        )}
        <Menu>
          <MenuTrigger asChild>
            <Button variant="ghost" size="icon-sm" aria-label={`More about ${flow.path}`}>
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent>
            {develop && !flow.archived && (
              <MenuItem icon={<Pencil />} onSelect={edit}>
                Edit
              </MenuItem>
            )}
            {develop && !draftOnly && (
              <MenuItem
                icon={<Copy />}
                onSelect={() =>
                  void navigate({
                    to: "/w/$workspace/flows/add",
                    params: { workspace },
                    search: { from: flow.path },
                  })
                }
              >
                Duplicate
              </MenuItem>
            )}
            <MenuItem
              icon={<History />}
              onSelect={() =>
                void navigate({
                  to: "/w/$workspace/runs",
                  params: { workspace },
                  search: { path: flow.path },
                })
              }
            >
              Runs
            </MenuItem>
            <MenuItem
              icon={<Copy />}
              onSelect={() => void copyText(flow.path).then(() => tellDone("Path copied", flow.path))}
            >
              Copy path
            </MenuItem>
            {develop && !flow.archived && !draftOnly && (
              <>
                <MenuSeparator />
                <MenuItem
                  danger
                  icon={<Archive />}
                  onSelect={async () => {
                    const yes = await confirm({
                      title: `Archive ${flow.path}?`,
                      body: "It can no longer be run and leaves the lists. Its versions and runs stay; deploying to the path again brings it back.",
                      action: "Archive",
                    });
                    if (yes) archive.mutate();
                  }}
                >
                  Archive
                </MenuItem>
              </>
            )}
          </MenuContent>
        </Menu>
      </div>
    </li>
  );
}
