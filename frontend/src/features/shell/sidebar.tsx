import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Activity,
  Bell,
  Blocks,
  Check,
  ChevronsUpDown,
  Cpu,
  Folder,
  House,
  Inbox,
  KeyRound,
  LogOut,
  type LucideIcon,
  Monitor,
  Moon,
  PanelLeftClose,
  PanelLeftOpen,
  Plus,
  ScrollText,
  Search,
  Settings,
  ShieldCheck,
  Sun,
  Trash2,
  UserRound,
  Users,
} from "lucide-react";
import { alertCountQuery } from "@/features/alerts/alerts";
import { inboxQuery } from "@/features/approvals/approvals";
import { ownInvitesQuery } from "@/features/people/invitations";
import {
  accountQuery,
  rememberWorkspace,
  signOut,
  useMember,
  useWorkspace,
  workspacesQuery,
} from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Logo } from "@/ui/logo";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { setTheme, useThemeChoice } from "@/ui/theme";
import { tellError } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";

type Destination = { to: string; label: string; icon: LucideIcon; admin?: boolean };

export const WORK: readonly Destination[] = [
  { to: "/w/$workspace", label: "Home", icon: House },
  { to: "/w/$workspace/runs", label: "Runs", icon: Activity },
  { to: "/w/$workspace/inbox", label: "Inbox", icon: Inbox },
  { to: "/w/$workspace/variables", label: "Variables", icon: KeyRound },
  { to: "/w/$workspace/resources", label: "Resources", icon: Blocks },
];

export const MANAGE: readonly Destination[] = [
  { to: "/w/$workspace/folders", label: "Folders & groups", icon: Folder },
  { to: "/w/$workspace/members", label: "Members", icon: Users },
  { to: "/w/$workspace/workers", label: "Workers", icon: Cpu },
  { to: "/w/$workspace/alerts", label: "Alerts", icon: Bell, admin: true },
  { to: "/w/$workspace/audit", label: "Audit log", icon: ScrollText, admin: true },
  { to: "/w/$workspace/trash", label: "Trash", icon: Trash2, admin: true },
  { to: "/w/$workspace/settings", label: "Settings", icon: Settings, admin: true },
];

type CountProps = { narrow?: boolean };

/** How much waits for this person's approval. */
function WaitingCount({ narrow }: CountProps) {
  const inbox = useQuery(inboxQuery(useWorkspace()));
  return <Count count={inbox.data?.count ?? 0} what="waiting for your approval" narrow={narrow} />;
}

/** How much of the workspace has to be looked at; asked for by admins' side bars alone. */
function AlertCount({ narrow }: CountProps) {
  const alerts = useQuery(alertCountQuery(useWorkspace()));
  return <Count count={alerts.data ?? 0} what="not acknowledged" narrow={narrow} />;
}

function Count({ count, what, narrow }: CountProps & { count: number; what: string }) {
  if (count === 0) return null;
  return (
    <span
      className={cn(
        "rounded-full bg-warning-soft px-1.5 text-2xs text-warning tabular-nums",
        narrow ? "absolute -right-1 -top-1 px-1" : "ml-auto",
      )}
    >
      {count > 99 ? "99+" : count}
      <span className="sr-only"> {what}</span>
    </span>
  );
}

/** How many workspaces ask the account to join; looked up when the menu opens. */
function InviteCount() {
  const { data } = useQuery(ownInvitesQuery);
  if (!data?.length) return null;
  return (
    <span className="rounded-full bg-accent-soft px-1.5 text-2xs text-accent-text tabular-nums">
      {data.length} {data.length === 1 ? "invitation" : "invitations"}
    </span>
  );
}

type NavLinkProps = { item: Destination; narrow?: boolean; onNavigate?: () => void };

function NavLink({ item, narrow, onNavigate }: NavLinkProps) {
  const workspace = useWorkspace();
  const Icon = item.icon;
  const link = (
    <Link
      to={item.to}
      params={{ workspace }}
      onClick={onNavigate}
      activeOptions={{ exact: item.label === "Home" }}
      className="relative flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-text [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint"
      activeProps={{ className: "bg-hover !text-text [&_svg]:!text-accent-text" }}
    >
      <Icon aria-hidden />
      <span className={cn(narrow && "sr-only")}>{item.label}</span>
      {item.label === "Inbox" && <WaitingCount narrow={narrow} />}
      {item.label === "Alerts" && <AlertCount narrow={narrow} />}
    </Link>
  );
  return (
    <Tooltip text={narrow && item.label} side="right">
      {link}
    </Tooltip>
  );
}

export function initials(text: string): string {
  return text.slice(0, 2).toUpperCase();
}

export function WorkspaceTile({
  name,
  color,
  className,
}: {
  name: string;
  color?: string | null;
  className?: string;
}) {
  return (
    <span
      className={cn(
        "flex size-6 shrink-0 items-center justify-center rounded-md text-2xs font-semibold",
        className,
      )}
      style={color ? { background: color, color: "#fff", textShadow: "0 0 2px rgb(0 0 0 / .6)" } : undefined}
      aria-hidden
    >
      {color ? initials(name) : <Logo className="size-6" />}
    </span>
  );
}

function WorkspaceSwitcher({ narrow }: { narrow?: boolean }) {
  const workspace = useWorkspace();
  const { data } = useQuery(workspacesQuery);
  const navigate = useNavigate();
  const current = data?.workspaces.find((known) => known.id === workspace);
  return (
    <Menu>
      <MenuTrigger
        className={cn(
          "flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover",
          narrow && "justify-center px-0",
        )}
      >
        <WorkspaceTile name={current?.name ?? workspace} color={current?.color} className="size-7" />
        <span className="sr-only">Switch workspace:</span>
        <span className={cn("min-w-0 flex-1", narrow && "sr-only")}>
          <span className="block truncate text-sm font-semibold leading-4">{current?.name ?? workspace}</span>
          <span className="block truncate text-xs leading-4 text-faint">{workspace}</span>
        </span>
        {!narrow && <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />}
      </MenuTrigger>
      <MenuContent align="start" className="w-60">
        <MenuLabel>Workspaces</MenuLabel>
        {data?.workspaces.map((known) => (
          <MenuItem
            key={known.id}
            icon={<WorkspaceTile name={known.name} color={known.color} className="size-5 [&_svg]:!size-5" />}
            trailing={known.id === workspace ? <Check /> : null}
            onSelect={() => {
              rememberWorkspace(known.id);
              void navigate({ to: "/w/$workspace", params: { workspace: known.id } });
            }}
          >
            {known.name}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem
          icon={<Plus />}
          trailing={<InviteCount />}
          onSelect={() => void navigate({ to: "/workspaces" })}
        >
          All workspaces
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

function UserMenu({ narrow, onNavigate }: { narrow?: boolean; onNavigate?: () => void }) {
  const workspace = useWorkspace();
  const { data: account } = useQuery(accountQuery);
  const member = useMember();
  const navigate = useNavigate();
  const theme = useThemeChoice();
  const go = (to: string) => {
    onNavigate?.();
    void navigate({ to, params: { workspace } });
  };
  const name = member?.username ?? account?.username ?? account?.email ?? "";
  return (
    <Menu>
      <MenuTrigger
        className={cn(
          "flex w-full min-w-0 items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover",
          narrow && "justify-center px-0",
        )}
      >
        <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">
          <span aria-hidden>{initials(name || "?")}</span>
        </span>
        <span className="sr-only">User menu:</span>
        <span className={cn("min-w-0 flex-1", narrow && "sr-only")}>
          <span className="block truncate text-sm font-medium leading-4">{name}</span>
          <span className="block truncate text-xs leading-4 text-faint">{account?.email}</span>
        </span>
      </MenuTrigger>
      <MenuContent align="start" side="top" className="w-56">
        <MenuItem icon={<UserRound />} onSelect={() => go("/w/$workspace/account")}>
          Account &amp; tokens
        </MenuItem>
        {account?.super_admin && (
          <MenuItem icon={<ShieldCheck />} onSelect={() => go("/w/$workspace/users")}>
            Instance
          </MenuItem>
        )}
        <MenuSeparator />
        <MenuLabel>Appearance</MenuLabel>
        {(
          [
            ["system", "System", Monitor],
            ["light", "Light", Sun],
            ["dark", "Dark", Moon],
          ] as const
        ).map(([value, label, Icon]) => (
          <MenuItem
            key={value}
            icon={<Icon />}
            trailing={theme === value ? <Check /> : null}
            onSelect={() => setTheme(value)}
          >
            {label}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem
          icon={<LogOut />}
          onSelect={() => {
            signOut().then(() => window.location.assign("/login"), tellError);
          }}
        >
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

type SidebarProps = {
  /** Icons alone, with their words on hover. */
  narrow?: boolean;
  /** Makes it narrow or wide; absent where it lies over the page. */
  onNarrow?: (narrow: boolean) => void;
  onNavigate?: () => void;
  onSearch: () => void;
};

export function Sidebar({ narrow, onNarrow, onNavigate, onSearch }: SidebarProps) {
  const member = useMember();
  const admin = member?.is_admin || member?.is_super_admin;
  const mac = navigator.platform.startsWith("Mac");
  const keys = mac ? "⌘K" : "Ctrl K";
  const Panel = narrow ? PanelLeftOpen : PanelLeftClose;
  const widen = narrow ? "Widen the side bar" : "Narrow the side bar";
  return (
    <div className="flex h-full flex-col gap-3 p-2.5">
      <WorkspaceSwitcher narrow={narrow} />
      <Tooltip text={narrow && `Search (${keys})`} side="right">
        <button
          type="button"
          onClick={() => {
            onNavigate?.();
            onSearch();
          }}
          className={cn(
            "flex h-8 shrink-0 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-faint shadow-card hover:border-line-strong",
            narrow && "justify-center",
          )}
        >
          <Search className="size-3.5 shrink-0" aria-hidden />
          <span className={cn("flex-1 text-left", narrow && "sr-only")}>Search</span>
          {!narrow && <kbd className="rounded border border-line px-1 font-sans text-2xs">{keys}</kbd>}
        </button>
      </Tooltip>
      <nav
        aria-label="Main"
        // Room for the count at the corner of an icon, which a scrolling box would cut.
        className="thin-scroll -m-1 flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto p-1"
      >
        {WORK.map((item) => (
          <NavLink key={item.to} item={item} narrow={narrow} onNavigate={onNavigate} />
        ))}
        {narrow ? (
          <hr className="mx-1 my-2 border-line" />
        ) : (
          <div className="mt-4 mb-1 px-2 text-2xs font-medium text-faint">Manage</div>
        )}
        {MANAGE.filter((item) => !item.admin || admin).map((item) => (
          <NavLink key={item.to} item={item} narrow={narrow} onNavigate={onNavigate} />
        ))}
      </nav>
      <div className={cn("flex items-center gap-1", narrow && "flex-col-reverse")}>
        <UserMenu narrow={narrow} onNavigate={onNavigate} />
        {onNarrow && (
          <Tooltip text={widen} side={narrow ? "right" : "top"}>
            <Button variant="ghost" size="icon" aria-label={widen} onClick={() => onNarrow(!narrow)}>
              <Panel className="!size-4" />
            </Button>
          </Tooltip>
        )}
      </div>
    </div>
  );
}
