import { X } from "lucide-react";
import { useState } from "react";
import type { Folder } from "@/api/types";
import { useMember, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { EditDrawer } from "@/ui/edit-drawer";
import { Select } from "@/ui/select";
import { createFolder, updateFolder } from "./folders";
import { isName, NameFields } from "./name-fields";
import { OwnerPicker } from "./owner-picker";

type Right = "read" | "write" | "owner";

/** Who may do what in a folder, in one list: owners and the permissions beside them. */
function rightsOf(folder: Folder | null): Record<string, Right> {
  const rights: Record<string, Right> = {};
  for (const [who, write] of Object.entries(folder?.extra_perms ?? {}))
    rights[who] = write ? "write" : "read";
  for (const owner of folder?.owners ?? []) rights[owner] = "owner";
  return rights;
}

function permissionsOf(rights: Record<string, Right>): {
  owners: string[];
  extra_perms: Record<string, boolean>;
} {
  return {
    owners: Object.keys(rights).filter((who) => rights[who] === "owner"),
    extra_perms: Object.fromEntries(Object.entries(rights).map(([who, right]) => [who, right !== "read"])),
  };
}

/** Makes a folder or changes it, with who may do what in it. */
export function FolderDialog({ folder, onClose }: { folder: Folder | null; onClose: () => void }) {
  const workspace = useWorkspace();
  const member = useMember();
  const [name, setName] = useState(folder?.name ?? "");
  const [summary, setSummary] = useState(folder?.summary ?? "");
  const [rights, setRights] = useState<Record<string, Right>>(() =>
    folder ? rightsOf(folder) : { [`u/${member?.username ?? ""}`]: "owner" },
  );
  const save = useChange({
    run: () => {
      const body = { summary, ...permissionsOf(rights) };
      return folder ? updateFolder(workspace, folder.name, body) : createFolder(workspace, { name, ...body });
    },
    done: () => [folder ? "Folder saved" : "Folder created", `f/${name}`],
    touches: [
      ["w", workspace, "folders"],
      ["w", workspace, "me"],
    ],
    after: onClose,
  });
  return (
    <EditDrawer
      title={folder ? `Folder ${folder.name}` : "New folder"}
      description="Items under a folder share its permissions."
      exists={folder !== null}
      busy={save.isPending}
      disabled={!isName(name)}
      onSave={() => save.mutate()}
      onClose={onClose}
    >
      <NameFields
        name={name}
        onName={setName}
        fixed={folder !== null}
        summary={summary}
        onSummary={setSummary}
      />
      <section>
        <h3 className="mb-2 text-sm font-semibold">Permissions</h3>
        <ul className="mb-3 divide-y divide-line rounded-md border border-line">
          {Object.entries(rights).map(([who, right]) => (
            <li key={who} className="flex items-center gap-2 px-3 py-1.5">
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{who}</span>
              <Select
                aria-label={`Rights of ${who}`}
                value={right}
                onValue={(next) => setRights({ ...rights, [who]: next as Right })}
                options={[
                  { value: "read", label: "Can read and run" },
                  { value: "write", label: "Can write" },
                  { value: "owner", label: "Owner" },
                ]}
                className="w-40"
              />
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Remove ${who}`}
                onClick={() =>
                  setRights(Object.fromEntries(Object.entries(rights).filter(([key]) => key !== who)))
                }
              >
                <X />
              </Button>
            </li>
          ))}
          {Object.keys(rights).length === 0 && (
            <li className="px-3 py-3 text-sm text-muted">Only administrators have access.</li>
          )}
        </ul>
        <OwnerPicker
          onPick={(who) => setRights({ ...rights, [who]: "read" })}
          exclude={Object.keys(rights)}
        />
      </section>
    </EditDrawer>
  );
}
