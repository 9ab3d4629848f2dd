import { useQuery } from "@tanstack/react-query";
import { Plus, Shapes } from "lucide-react";
import type { ResourceType } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { FilteredList } from "@/ui/filtered-list";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { deleteResourceType, resourceTypesQuery } from "./resources";

type TypeTableProps = { search: string; onEdit: (type: ResourceType | null) => void };

export function TypeTable({ search, onEdit }: TypeTableProps) {
  const workspace = useWorkspace();
  const list = useQuery(resourceTypesQuery(workspace));
  const drop = useChange({
    run: (name: string) => deleteResourceType(workspace, name),
    done: (name) => ["Type deleted", name],
    touches: [["w", workspace, "resource-types"]],
  });
  return (
    <FilteredList
      list={list}
      search={search}
      text={(type) => `${type.name} ${type.description ?? ""}`}
      empty={
        <EmptyState
          icon={Shapes}
          title={search ? "No type matches" : "No types yet"}
          action={
            !search && (
              <Button variant="primary" onClick={() => onEdit(null)}>
                <Plus /> New type
              </Button>
            )
          }
        >
          A type names the members of its resources and gives them a form.
        </EmptyState>
      }
    >
      {(shown) => (
        <Table>
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Members</Th>
              <Th className="hidden md:table-cell">Description</Th>
              <Th className="w-20" aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {shown.map((type) => {
              const own = type.workspace_id === undefined || type.workspace_id === workspace;
              return (
                <Tr key={type.name}>
                  <Td className="font-mono text-xs font-medium">{type.name}</Td>
                  <Td className="max-w-80">
                    <span className="flex flex-wrap gap-1">
                      {Object.keys(type.schema?.properties ?? {})
                        .slice(0, 6)
                        .map((member) => (
                          <Badge key={member} tone="outline" className="font-mono">
                            {member}
                          </Badge>
                        ))}
                    </span>
                  </Td>
                  <Td className="hidden max-w-72 truncate text-muted md:table-cell">{type.description}</Td>
                  <Td>
                    {own && (
                      <RowActions>
                        <EditAction name={type.name} onEdit={() => onEdit(type)} />
                        <DeleteAction
                          name={type.name}
                          question={`Delete the type ${type.name}?`}
                          consequence="Its resources stay, without a form."
                          onDelete={() => drop.mutate(type.name)}
                        />
                      </RowActions>
                    )}
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
