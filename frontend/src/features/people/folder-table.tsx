import { useQuery } from "@tanstack/react-query";
import { Folder as FolderIcon, Plus } from "lucide-react";
import type { Folder } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { FilteredList } from "@/ui/filtered-list";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { deleteFolder, foldersQuery } from "./folders";

export function FolderTable({ onEdit }: { onEdit: (folder: Folder | null) => void }) {
  const workspace = useWorkspace();
  const list = useQuery(foldersQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteFolder(workspace, name),
    done: (name) => ["Folder deleted", `f/${name}`],
    touches: [["w", workspace, "folders"]],
  });
  return (
    <FilteredList
      list={list}
      empty={
        <EmptyState
          icon={FolderIcon}
          title="No folders yet"
          action={
            <Button variant="primary" onClick={() => onEdit(null)}>
              <Plus /> New folder
            </Button>
          }
        >
          Put scripts, variables and resources of a team into a folder and say once who may read, run and
          change them.
        </EmptyState>
      }
    >
      {(shown) => (
        <Table>
          <thead>
            <tr>
              <Th>Folder</Th>
              <Th className="hidden sm:table-cell">Owners</Th>
              <Th className="hidden md:table-cell">Others</Th>
              <Th className="w-20" aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {shown.map((folder) => {
              const others = Object.keys(folder.extra_perms).filter((who) => !folder.owners.includes(who));
              return (
                <Tr key={folder.name}>
                  <Td>
                    <button
                      type="button"
                      onClick={() => onEdit(folder)}
                      className="flex items-center gap-2.5 rounded text-left hover:text-accent-text"
                    >
                      <FolderIcon className="size-4 shrink-0 text-faint" aria-hidden />
                      <span>
                        <span className="block font-medium">{folder.name}</span>
                        {folder.summary && <span className="block text-xs text-muted">{folder.summary}</span>}
                      </span>
                    </button>
                  </Td>
                  <Td className="hidden sm:table-cell">
                    <span className="flex flex-wrap gap-1">
                      {folder.owners.map((owner) => (
                        <Badge key={owner}>{owner}</Badge>
                      ))}
                    </span>
                  </Td>
                  <Td className="hidden md:table-cell">
                    <span className="flex flex-wrap gap-1">
                      {others.map((who) => (
                        <Badge key={who} tone="outline">
                          {who} · {folder.extra_perms[who] ? "write" : "read"}
                        </Badge>
                      ))}
                    </span>
                  </Td>
                  <Td>
                    <RowActions>
                      <EditAction name={folder.name} onEdit={() => onEdit(folder)} />
                      <DeleteAction
                        name={folder.name}
                        question={`Delete the folder ${folder.name}?`}
                        consequence="Items under it stay, reachable for administrators only."
                        onDelete={() => drop.mutate(folder.name)}
                      />
                    </RowActions>
                  </Td>
                </Tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </FilteredList>
  );
}
