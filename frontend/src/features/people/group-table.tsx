import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import type { Group } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { FilteredList } from "@/ui/filtered-list";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { deleteGroup, groupsQuery } from "./groups";

export function GroupTable({ onEdit }: { onEdit: (group: Group | null) => void }) {
  const workspace = useWorkspace();
  const list = useQuery(groupsQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteGroup(workspace, name),
    done: (name) => ["Group deleted", `g/${name}`],
    touches: [["w", workspace, "groups"]],
  });
  return (
    <FilteredList
      list={list}
      rows={3}
      empty={
        <EmptyState icon={Users} title="No groups yet">
          Give rights to many people at once.
        </EmptyState>
      }
    >
      {(shown) => (
        <Table>
          <thead>
            <tr>
              <Th>Group</Th>
              <Th>Members</Th>
              <Th className="w-20" aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {shown.map((group) => (
              <Tr key={group.name}>
                <Td>
                  <button
                    type="button"
                    onClick={() => onEdit(group)}
                    className="flex items-center gap-2.5 rounded text-left hover:text-accent-text"
                  >
                    <Users className="size-4 shrink-0 text-faint" aria-hidden />
                    <span>
                      <span className="block font-medium">{group.name}</span>
                      {group.summary && <span className="block text-xs text-muted">{group.summary}</span>}
                    </span>
                  </button>
                </Td>
                <Td className="text-muted">
                  {group.name === "all" ? "everyone" : (group.members?.join(", ") ?? "—")}
                </Td>
                <Td>
                  <RowActions>
                    <EditAction name={group.name} onEdit={() => onEdit(group)} />
                    {group.name !== "all" && (
                      <DeleteAction
                        name={group.name}
                        question={`Delete the group ${group.name}?`}
                        consequence="Its members lose what they could do through it."
                        onDelete={() => drop.mutate(group.name)}
                      />
                    )}
                  </RowActions>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </FilteredList>
  );
}
