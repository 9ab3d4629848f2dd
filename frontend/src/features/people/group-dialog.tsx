import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import type { Group } from "@/api/types";
import { mayChangeGroup } from "@/features/session/rights";
import { useMember, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Combobox } from "@/ui/combobox";
import { EditDrawer } from "@/ui/edit-drawer";
import { addToGroup, createGroup, groupQuery, removeFromGroup, updateGroup } from "./groups";
import { membersQuery } from "./members";
import { isName, NameFields } from "./name-fields";

/** Makes a group or changes it; members come and go at once. */
export function GroupDialog({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const workspace = useWorkspace();
  const member = useMember();
  const [name, setName] = useState(group?.name ?? "");
  const [summary, setSummary] = useState(group?.summary ?? "");
  const detail = useQuery({ ...groupQuery(workspace, group?.name ?? ""), enabled: group !== null });
  const people = useQuery(membersQuery(workspace));
  const touches = [["w", workspace, "groups"]];
  const add = useChange({ run: (username: string) => addToGroup(workspace, name, username), touches });
  const drop = useChange({ run: (username: string) => removeFromGroup(workspace, name, username), touches });
  const save = useChange({
    run: () =>
      group ? updateGroup(workspace, group.name, summary) : createGroup(workspace, { name, summary }),
    done: () => [group ? "Group saved" : "Group created", `g/${name}`],
    touches,
    after: onClose,
  });
  const members = detail.data?.members ?? [];
  const everyone = name === "all";
  return (
    <EditDrawer
      title={group ? `Group ${group.name}` : "New group"}
      description="Rights given to a group hold for all its members."
      exists={group !== null}
      locked={
        group !== null &&
        !mayChangeGroup(member, group) &&
        "Only its managers and administrators change this group."
      }
      busy={save.isPending}
      disabled={!isName(name)}
      cancel="Close"
      onSave={() => save.mutate()}
      onClose={onClose}
    >
      <NameFields
        name={name}
        onName={setName}
        fixed={group !== null}
        summary={summary}
        onSummary={setSummary}
      />
      {group && (
        <section>
          <h3 className="mb-2 text-sm font-semibold">Members</h3>
          {everyone && <p className="mb-2 text-sm text-muted">Everyone in the workspace is in this group.</p>}
          <ul className="mb-3 divide-y divide-line rounded-md border border-line">
            {members.map((username) => (
              <li key={username} className="flex items-center gap-2 px-3 py-1.5">
                <span className="min-w-0 flex-1 truncate text-sm">{username}</span>
                {!everyone && (
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Remove ${username}`}
                    onClick={() => drop.mutate(username)}
                  >
                    <X />
                  </Button>
                )}
              </li>
            ))}
            {members.length === 0 && <li className="px-3 py-3 text-sm text-muted">Nobody yet.</li>}
          </ul>
          {!everyone && (
            <Combobox
              aria-label="Add a member"
              value=""
              onValue={(username) => username && add.mutate(username)}
              options={(people.data ?? [])
                .filter((person) => !members.includes(person.username))
                .map((person) => ({ value: person.username, hint: person.email }))}
              placeholder="Add a member…"
            />
          )}
        </section>
      )}
    </EditDrawer>
  );
}
