import { Link, useNavigate } from "@tanstack/react-router";
import { Archive, Copy, Ellipsis, History, Pencil, Play, Star } from "lucide-react";
import { useMayWrite } from "@/features/session/rights";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { ConfirmedItem } from "@/ui/confirm";
import { copyText } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { RelativeTime } from "@/ui/time";
import { tellDone } from "@/ui/toast";
import { ARCHIVING, KINDS, type Kind, shortName } from "./kinds";

type Listed = {
  path: string;
  summary?: string;
  starred?: boolean;
  archived?: boolean;
  draft_only?: boolean | null;
  is_draft?: boolean;
  labels?: string[] | null;
  extra_perms?: Record<string, boolean> | null;
};

type Props = {
  kind: Kind;
  item: Listed;
  icon: React.ReactNode;
  /** Who deployed it last, and when. */
  by: string | undefined;
  at: string | undefined;
  develop: boolean;
  /** False for what is only imported by others. */
  canRun?: boolean;
  badges?: React.ReactNode;
  onStar: (starred: boolean) => void;
  onArchive: () => void;
};

/** A script or a flow in the list of what can be run. */
export function ListRow(props: Props) {
  const { kind, item, icon, by, at, develop, canRun = true, badges, onStar, onArchive } = props;
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const routes = KINDS[kind];
  const writable = useMayWrite()(item);
  const draftOnly = Boolean(item.draft_only);
  const params = { workspace, _splat: item.path };
  const draft = draftOnly ? { draft: item.path } : {};
  return (
    <li className="group relative flex items-center gap-3 px-3 py-2.5 hover:bg-hover/60 sm:px-4">
      <button
        type="button"
        aria-label={item.starred ? `Unstar ${item.path}` : `Star ${item.path}`}
        aria-pressed={Boolean(item.starred)}
        onClick={() => onStar(!item.starred)}
        className="relative z-10 -m-1 hidden rounded p-1 text-line-strong hover:text-warning-solid sm:block"
      >
        <Star className={cn("size-3.5", item.starred && "fill-warning-solid text-warning-solid")} />
      </button>
      {icon}
      <div className="min-w-0 flex-1">
        <Link
          to={draftOnly ? routes.add : routes.page}
          params={params}
          search={draft}
          className="font-medium outline-none after:absolute after:inset-0 focus-visible:after:rounded-lg focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          <span className="block truncate">{shortName(item)}</span>
        </Link>
        <div className="truncate font-mono text-xs text-faint">{item.path}</div>
      </div>
      <div className="hidden items-center gap-1.5 md:flex">
        {(draftOnly || item.is_draft) && <Badge tone="warning">Draft</Badge>}
        {item.archived && <Badge>Archived</Badge>}
        {badges}
        {item.labels?.map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </div>
      <div className="hidden w-40 shrink-0 text-right text-xs text-muted lg:block">
        <span className="block truncate">{by}</span>
        <RelativeTime at={at} className="text-faint" />
      </div>
      <div className="relative z-10 flex shrink-0 items-center gap-1">
        {!item.archived && !draftOnly && canRun ? (
          <Button asChild size="sm" className="hidden sm:inline-flex">
            <Link to={routes.page} params={params}>
              <Play /> Run
            </Link>
          </Button>
        ) : (
          <span className="hidden w-16 sm:block" />
        )}
        <Menu>
          <MenuTrigger asChild>
            <Button variant="ghost" size="icon-sm" aria-label={`More about ${item.path}`}>
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent>
            {writable && !item.archived && (
              <MenuItem
                icon={<Pencil />}
                onSelect={() =>
                  void navigate({ to: draftOnly ? routes.add : routes.edit, params, search: draft })
                }
              >
                Edit
              </MenuItem>
            )}
            {develop && !draftOnly && (
              <MenuItem
                icon={<Copy />}
                onSelect={() =>
                  void navigate({ to: routes.add, params: { workspace }, search: { from: item.path } })
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
                  search: { path: item.path },
                })
              }
            >
              Runs
            </MenuItem>
            <MenuItem
              icon={<Copy />}
              onSelect={() => void copyText(item.path).then(() => tellDone("Path copied", item.path))}
            >
              Copy path
            </MenuItem>
            {writable && !item.archived && !draftOnly && (
              <>
                <MenuSeparator />
                <ConfirmedItem
                  icon={<Archive />}
                  question={{ title: `Archive ${item.path}?`, body: ARCHIVING, action: "Archive" }}
                  onAgree={onArchive}
                >
                  Archive
                </ConfirmedItem>
              </>
            )}
          </MenuContent>
        </Menu>
      </div>
    </li>
  );
}
