import { useQuery } from "@tanstack/react-query";
import { Folder as FolderIcon } from "lucide-react";
import type { Folder } from "@/api/types";
import { mayChangeFolder } from "@/features/session/rights";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { ListTable } from "@/ui/list-table";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyList } from "@/ui/states";
import { deleteFolder, foldersQuery } from "./folders";
import { NamedRow } from "./named-row";

export function FolderTable({ onEdit }: { onEdit: (folder: Folder | null) => void }) {
  const workspace = useWorkspace();
  const member = useMember();
  const develop = useCanDevelop();
  const list = useQuery(foldersQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteFolder(workspace, name),
    done: (name) => ["Folder deleted", `f/${name}`],
    touches: [["w", workspace, "folders"]],
  });
  return (
    <ListTable
      list={list}
      keyOf={(folder) => folder.name}
      empty={
        <EmptyList icon={FolderIcon} noun="folder" onNew={develop ? () => onEdit(null) : undefined}>
          Put scripts, variables and resources of a team into a folder and say once who may read, run and
          change them.
        </EmptyList>
      }
      columns={[
        {
          head: "Folder",
          cell: (folder) => (
            <NamedRow
              icon={FolderIcon}
              name={folder.name}
              summary={folder.summary}
              onOpen={() => onEdit(folder)}
            />
          ),
        },
        {
          head: "Owners",
          className: "hidden sm:table-cell",
          cell: (folder) => (
            <span className="flex flex-wrap gap-1">
              {folder.owners.map((owner) => (
                <Badge key={owner}>{owner}</Badge>
              ))}
            </span>
          ),
        },
        {
          head: "Others",
          className: "hidden md:table-cell",
          cell: (folder) => (
            <span className="flex flex-wrap gap-1">
              {Object.keys(folder.extra_perms)
                .filter((who) => !folder.owners.includes(who))
                .map((who) => (
                  <Badge key={who} tone="outline">
                    {who} · {folder.extra_perms[who] ? "write" : "read"}
                  </Badge>
                ))}
            </span>
          ),
        },
        {
          head: "",
          className: "w-20",
          cell: (folder) =>
            mayChangeFolder(member, folder) && (
              <RowActions>
                <EditAction name={folder.name} onEdit={() => onEdit(folder)} />
                <DeleteAction
                  name={folder.name}
                  question={`Delete the folder ${folder.name}?`}
                  consequence="Items under it stay, reachable for administrators only."
                  onDelete={() => drop.mutate(folder.name)}
                />
              </RowActions>
            ),
        },
      ]}
    />
  );
}
