import { useQuery } from "@tanstack/react-query";
import { Shapes } from "lucide-react";
import type { ResourceType } from "@/api/types";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { ListTable } from "@/ui/list-table";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyList } from "@/ui/states";
import { deleteResourceType, resourceTypesQuery } from "./resources";

type TypeTableProps = { search: string; onEdit: (type: ResourceType | null) => void };

export function TypeTable({ search, onEdit }: TypeTableProps) {
  const workspace = useWorkspace();
  const develop = useCanDevelop();
  const list = useQuery(resourceTypesQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteResourceType(workspace, name),
    done: (name) => ["Type deleted", name],
    touches: [["w", workspace, "resource-types"]],
  });
  return (
    <ListTable
      list={list}
      keyOf={(type) => type.name}
      search={search}
      text={(type) => `${type.name} ${type.description ?? ""}`}
      empty={
        <EmptyList icon={Shapes} noun="type" search={search} onNew={develop ? () => onEdit(null) : undefined}>
          A type names the members of its resources and gives them a form.
        </EmptyList>
      }
      columns={[
        { head: "Name", look: "font-mono text-xs font-medium", cell: (type) => type.name },
        {
          head: "Members",
          look: "max-w-80",
          cell: (type) => {
            const members = Object.keys(type.schema?.properties ?? {});
            return (
              members.length > 0 && (
                <span className="flex flex-wrap gap-1">
                  {members.slice(0, 6).map((member) => (
                    <Badge key={member} tone="outline" className="font-mono">
                      {member}
                    </Badge>
                  ))}
                  {members.length > 6 && <Badge>and {members.length - 6} more</Badge>}
                </span>
              )
            );
          },
        },
        {
          head: "Description",
          className: "hidden md:table-cell",
          look: "max-w-72 truncate text-muted",
          cell: (type) => type.description,
        },
        {
          head: "",
          className: "w-20",
          cell: (type) =>
            develop &&
            (type.workspace_id === undefined || type.workspace_id === workspace) && (
              <RowActions>
                <EditAction name={type.name} onEdit={() => onEdit(type)} />
                <DeleteAction
                  name={type.name}
                  question={`Delete the type ${type.name}?`}
                  consequence="Its resources stay, without a form."
                  onDelete={() => drop.mutate(type.name)}
                />
              </RowActions>
            ),
        },
      ]}
    />
  );
}
