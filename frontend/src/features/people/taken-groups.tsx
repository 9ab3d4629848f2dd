import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { instanceGroupNamesQuery } from "@/features/instance/groups";
import { useWorkspace } from "@/features/session/session";
import { takeGroupsIn, workspaceSettingsQuery } from "@/features/workspace-settings/settings";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Card, CardHeader } from "@/ui/page";
import { Select } from "@/ui/select";
import { ROLES, type Role } from "./roles";

/** The groups of the instance that this workspace takes in, and as what; nothing on an instance without groups. */
export function TakenGroups() {
  const workspace = useWorkspace();
  const groups = useQuery(instanceGroupNamesQuery);
  const settings = useQuery(workspaceSettingsQuery(workspace));
  const taken = settings.data?.auto_invite?.instance_groups_roles ?? {};
  const save = useChange({
    run: (roles: Record<string, Role>) => takeGroupsIn(workspace, roles),
    touches: [
      ["w", workspace, "settings"],
      ["w", workspace, "members"],
    ],
  });
  if (!groups.data?.length || !settings.data) return null;
  const left = groups.data.filter((group) => !(group.name in taken));
  return (
    <Card className="mt-4">
      <CardHeader title="Groups of the instance" />
      <ul className="divide-y divide-line">
        {Object.entries(taken).map(([name, role]) => (
          <li key={name} className="flex items-center gap-3 px-4 py-2">
            <span className="min-w-0 flex-1 truncate text-sm">{name}</span>
            <Select
              aria-label={`Role of group ${name}`}
              className="w-36"
              value={role}
              onValue={(next) => save.mutate({ ...taken, [name]: next as Role })}
              options={ROLES}
            />
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`Take group ${name} out`}
              title="Take out"
              onClick={() => {
                const { [name]: _, ...rest } = taken;
                save.mutate(rest);
              }}
            >
              <X />
            </Button>
          </li>
        ))}
        {left.length > 0 && (
          <li className="flex items-center gap-3 px-4 py-2">
            <p className="min-w-0 flex-1 text-xs text-muted">
              Everybody in a group becomes a member, and leaves with it.
            </p>
            <Select
              aria-label="Take a group in"
              className="w-48"
              placeholder="Take a group in…"
              value=""
              onValue={(name) => save.mutate({ ...taken, [name]: "developer" })}
              options={left.map((group) => ({ value: group.name, label: group.name }))}
            />
          </li>
        )}
      </ul>
    </Card>
  );
}
