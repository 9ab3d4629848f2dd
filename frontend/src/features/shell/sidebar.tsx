import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Activity,
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
import { cn } from "@/ui/cn";
import { Logo } from "@/ui/logo";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { setTheme, useThemeChoice } from "@/ui/theme";
import { tellError } from "@/ui/toast";

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
  { to: "/w/$workspace/audit", label: "Audit log", icon: ScrollText, admin: true },
  { to: "/w/$workspace/trash", label: "Trash", icon: Trash2, admin: true },
  { to: "/w/$workspace/settings", label: "Settings", icon: Settings, admin: true },
];

/** How much waits for this person's approval. */
function WaitingCount() {
  const inbox = useQuery(inboxQuery(useWorkspace()));
  const count = inbox.data?.count ?? 0;
  if (count === 0) return null;
  return (
    <span className="ml-auto rounded-full bg-warning-soft px-1.5 text-2xs text-warning tabular-nums">
      {count > 99 ? "99+" : count}
      <span className="sr-only"> waiting for your approval</span>
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

function NavLink({ item, onNavigate }: { item: Destination; onNavigate?: () => void }) {
  const workspace = useWorkspace();
  const Icon = item.icon;
  return (
    <Link
      to={item.to}
      params={{ workspace }}
      onClick={onNavigate}
      activeOptions={{ exact: item.label === "Home" }}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium text-muted transition-colors hover:bg-hover hover:text-text [&_svg]:size-4 [&_svg]:text-faint"
      activeProps={{ className: "bg-hover !text-text [&_svg]:!text-accent-text" }}
    >
      <Icon aria-hidden />
      {item.label}
      {item.label === "Inbox" && <WaitingCount />}
    </Link>
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

function WorkspaceSwitcher() {
  const workspace = useWorkspace();
  const { data } = useQuery(workspacesQuery);
  const navigate = useNavigate();
  const current = data?.workspaces.find((known) => known.id === workspace);
  return (
    <Menu>
      <MenuTrigger className="flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover">
        <WorkspaceTile name={current?.name ?? workspace} color={current?.color} className="size-7" />
        <span className="sr-only">Switch workspace:</span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-semibold leading-4">{current?.name ?? workspace}</span>
          <span className="block truncate text-xs leading-4 text-faint">{workspace}</span>
        </span>
        <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />
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

function UserMenu({ onNavigate }: { onNavigate?: () => void }) {
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
      <MenuTrigger className="flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover">
        <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text">
          <span aria-hidden>{initials(name || "?")}</span>
        </span>
        <span className="sr-only">User menu:</span>
        <span className="min-w-0 flex-1">
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

export function Sidebar({ onNavigate, onSearch }: { onNavigate?: () => void; onSearch: () => void }) {
  const member = useMember();
  const admin = member?.is_admin || member?.is_super_admin;
  const mac = navigator.platform.startsWith("Mac");
  return (
    <div className="flex h-full flex-col gap-3 p-2.5">
      <WorkspaceSwitcher />
      <button
        type="button"
        onClick={() => {
          onNavigate?.();
          onSearch();
        }}
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-faint shadow-card hover:border-line-strong"
      >
        <Search className="size-3.5" aria-hidden />
        <span className="flex-1 text-left">Search</span>
        <kbd className="rounded border border-line px-1 font-sans text-2xs">{mac ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <nav aria-label="Main" className="thin-scroll flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto">
        {WORK.map((item) => (
          <NavLink key={item.to} item={item} onNavigate={onNavigate} />
        ))}
        <div className="mt-4 mb-1 px-2 text-2xs font-medium text-faint">Manage</div>
        {MANAGE.filter((item) => !item.admin || admin).map((item) => (
          <NavLink key={item.to} item={item} onNavigate={onNavigate} />
        ))}
      </nav>
      <UserMenu onNavigate={onNavigate} />
    </div>
  );
}
