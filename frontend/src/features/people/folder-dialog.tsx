import { useState } from "react";
import type { Folder } from "@/api/types";
import { mayChangeFolder } from "@/features/session/rights";
import { useMember, useWorkspace } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { EditDrawer } from "@/ui/edit-drawer";
import {
  createFolder,
  FOLDER_RIGHTS,
  type FolderRight,
  permissionsOf,
  rightsOf,
  updateFolder,
} from "./folders";
import { isName, NameFields } from "./name-fields";
import { RightsList } from "./rights-list";

type FolderDialogProps = {
  folder: Folder | null;
  onClose: () => void;
  onSaved?: (name: string) => void;
};

/** Makes a folder or changes it, with who may do what in it. */
export function FolderDialog({ folder, onClose, onSaved }: FolderDialogProps) {
  const workspace = useWorkspace();
  const member = useMember();
  const [name, setName] = useState(folder?.name ?? "");
  const [summary, setSummary] = useState(folder?.summary ?? "");
  const [rights, setRights] = useState<Record<string, FolderRight>>(() =>
    folder ? rightsOf(folder) : { [`u/${member?.username ?? ""}`]: "owner" },
  );
  const locked = folder !== null && !mayChangeFolder(member, folder);
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
    after: () => {
      onSaved?.(name);
      onClose();
    },
  });
  return (
    <EditDrawer
      title={folder ? `Folder ${folder.name}` : "New folder"}
      description="Items under a folder share its permissions."
      exists={folder !== null}
      locked={locked && "Only its owners and administrators change this folder."}
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
        <RightsList
          rights={rights}
          choices={FOLDER_RIGHTS}
          first="read"
          nobody="Only administrators have access."
          fixed={locked}
          onGive={(who, right) => setRights({ ...rights, [who]: right })}
          onTake={(who) =>
            setRights(Object.fromEntries(Object.entries(rights).filter(([key]) => key !== who)))
          }
        />
      </section>
    </EditDrawer>
  );
}
