import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { FileSearch, Monitor, Moon, Play, Plus, Sun, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { FlowIcon } from "@/features/flows/flow-row";
import { flowsQuery } from "@/features/flows/flows";
import { LanguageIcon } from "@/features/scripts/language";
import { scriptsQuery } from "@/features/scripts/scripts";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { MANAGE, WORK } from "@/features/shell/sidebar";
import { setTheme } from "@/ui/theme";
import { score } from "./score";

const row =
  "flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-2 text-sm data-[selected=true]:bg-hover [&_svg]:text-faint";

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Command.Group>
  );
}

/** Ctrl-K: every page, script and frequent action by its name. */
export default function Palette({
  onClose,
  onCodeSearch,
}: {
  onClose: () => void;
  onCodeSearch?: () => void;
}) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const member = useMember();
  const develop = useCanDevelop();
  const { data: scripts = [], isPending } = useQuery(scriptsQuery(workspace));
  const { data: flows = [] } = useQuery(flowsQuery(workspace));
  const go = (to: string, params: Record<string, string> = {}) => {
    onClose();
    void navigate({ to, params: { workspace, ...params } });
  };
  const admin = member?.is_admin || member?.is_super_admin;
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label="Command palette"
      filter={score}
      loop
      overlayClassName="fixed inset-0 z-50 bg-(--scrim) animate-fade"
      contentClassName="fixed left-1/2 top-[12vh] z-50 w-[calc(100vw-24px)] max-w-[600px] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-float animate-rise"
    >
      <Command.Input
        placeholder="Go to a script or page, or do something…"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none"
      />
      <Command.List className="thin-scroll max-h-[52vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-8 text-center text-sm text-muted">
          {isPending ? "Loading…" : "Nothing matches."}
        </Command.Empty>
        <Group heading="Actions">
          {onCodeSearch && (
            <Command.Item value="Find in code search grep" className={row} onSelect={onCodeSearch}>
              <FileSearch className="size-4" aria-hidden /> Find in code
              <kbd className="ml-auto text-2xs text-faint">Ctrl Shift F</kbd>
            </Command.Item>
          )}
          {develop && (
            <Command.Item
              value="New script create"
              className={row}
              onSelect={() => go("/w/$workspace/scripts/new")}
            >
              <Plus className="size-4" /> New script
            </Command.Item>
          )}
          {develop && (
            <Command.Item
              value="New flow create build"
              className={row}
              onSelect={() => go("/w/$workspace/flows/add")}
            >
              <Plus className="size-4" /> New flow
            </Command.Item>
          )}
        </Group>
        {scripts.length > 0 && (
          <Group heading="Scripts">
            {scripts
              .filter((script) => !script.archived)
              .map((script) => (
                <Command.Item
                  key={script.path}
                  value={`${script.path} ${script.summary}`}
                  className={row}
                  onSelect={() => go("/w/$workspace/scripts/$", { _splat: script.path })}
                >
                  <LanguageIcon language={script.language} />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{script.summary || script.path}</span>
                    {script.summary && (
                      <span className="block truncate font-mono text-2xs text-faint">{script.path}</span>
                    )}
                  </span>
                  <Play className="size-3.5" />
                </Command.Item>
              ))}
          </Group>
        )}
        {flows.length > 0 && (
          <Group heading="Flows">
            {flows
              .filter((flow) => !flow.archived && !flow.draft_only)
              .map((flow) => (
                <Command.Item
                  key={flow.path}
                  value={`flow ${flow.path} ${flow.summary}`}
                  className={row}
                  onSelect={() => go("/w/$workspace/flows/$", { _splat: flow.path })}
                >
                  <FlowIcon />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{flow.summary || flow.path}</span>
                    {flow.summary && (
                      <span className="block truncate font-mono text-2xs text-faint">{flow.path}</span>
                    )}
                  </span>
                  <Play className="size-3.5" />
                </Command.Item>
              ))}
          </Group>
        )}
        <Group heading="Pages">
          {[...WORK, ...MANAGE.filter((item) => !item.admin || admin)].map((item) => (
            <Command.Item
              key={item.to}
              value={`Go to ${item.label}`}
              className={row}
              onSelect={() => go(item.to)}
            >
              <item.icon className="size-4" /> {item.label}
            </Command.Item>
          ))}
          <Command.Item
            value="Account tokens password"
            className={row}
            onSelect={() => go("/w/$workspace/account")}
          >
            <UserRound className="size-4" /> Account &amp; tokens
          </Command.Item>
        </Group>
        <Group heading="Appearance">
          {(
            [
              ["light", "Light theme", Sun],
              ["dark", "Dark theme", Moon],
              ["system", "Theme of the system", Monitor],
            ] as const
          ).map(([value, label, Icon]) => (
            <Command.Item
              key={value}
              value={label}
              className={row}
              onSelect={() => {
                setTheme(value);
                onClose();
              }}
            >
              <Icon className="size-4" /> {label}
            </Command.Item>
          ))}
        </Group>
      </Command.List>
    </Command.Dialog>
  );
}
