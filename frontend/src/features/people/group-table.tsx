import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import type { Group } from "@/api/types";
import { mayChangeGroup } from "@/features/session/rights";
import { useMember, useWorkspace } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { ListTable } from "@/ui/list-table";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyList } from "@/ui/states";
import { deleteGroup, groupsQuery } from "./groups";
import { NamedRow } from "./named-row";

export function GroupTable({ onEdit }: { onEdit: (group: Group | null) => void }) {
  const workspace = useWorkspace();
  const member = useMember();
  const list = useQuery(groupsQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteGroup(workspace, name),
    done: (name) => ["Group deleted", `g/${name}`],
    touches: [["w", workspace, "groups"]],
  });
  return (
    <ListTable
      list={list}
      keyOf={(group) => group.name}
      rows={3}
      empty={
        <EmptyList icon={Users} noun="group">
          Give rights to many people at once.
        </EmptyList>
      }
      columns={[
        {
          head: "Group",
          cell: (group) => (
            <NamedRow icon={Users} name={group.name} summary={group.summary} onOpen={() => onEdit(group)} />
          ),
        },
        {
          head: "Members",
          look: "text-muted",
          cell: (group) => (group.name === "all" ? "everyone" : (group.members?.join(", ") ?? "—")),
        },
        {
          head: "",
          className: "w-20",
          cell: (group) =>
            mayChangeGroup(member, group) && (
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
            ),
        },
      ]}
    />
  );
}
