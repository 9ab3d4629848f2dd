import { useQuery } from "@tanstack/react-query";
import { Blocks, Database, Plus } from "lucide-react";
import { useState } from "react";
import type { Resource } from "@/api/types";
import { JsonTree } from "@/features/results/tree";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { FilteredList } from "@/ui/filtered-list";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { deleteResource, resourcesQuery } from "./resources";

const STATES = "state,cache";

type ResourceTableProps = { states: boolean; search: string; onEdit: (resource: Resource | null) => void };

/** The resources of a workspace, or the states that scripts keep as such. */
export function ResourceTable({ states, search, onEdit }: ResourceTableProps) {
  const workspace = useWorkspace();
  const [viewed, setViewed] = useState<Resource | null>(null);
  const list = useQuery(resourcesQuery(workspace, states ? { type: STATES } : { exclude: STATES }));
  const drop = useChange({
    run: (path: string) => deleteResource(workspace, path),
    done: (path) => ["Resource deleted", path],
    touches: [["w", workspace, "resources"]],
  });
  return (
    <>
      <FilteredList
        list={list}
        search={search}
        text={(resource) => `${resource.path} ${resource.resource_type} ${resource.description ?? ""}`}
        empty={
          states ? (
            <EmptyState icon={Database} title={search ? "No state matches" : "No states yet"}>
              Scripts that remember something between runs (wmill.set_state) keep it here.
            </EmptyState>
          ) : (
            <EmptyState
              icon={Blocks}
              title={search ? "No resource matches" : "No resources yet"}
              action={
                !search && (
                  <Button variant="primary" onClick={() => onEdit(null)}>
                    <Plus /> New resource
                  </Button>
                )
              }
            >
              {search
                ? "Try another word."
                : "Databases, mail servers, API accounts: described once, used by every script."}
            </EmptyState>
          )
        }
      >
        {(shown) => (
          <Table>
            <thead>
              <tr>
                <Th>Path</Th>
                <Th>Type</Th>
                <Th className="hidden md:table-cell">{states ? "Value" : "Description"}</Th>
                <Th className="hidden sm:table-cell">Changed</Th>
                <Th className="w-24" aria-label="Actions" />
              </tr>
            </thead>
            <tbody>
              {shown.map((resource) => (
                <Tr key={resource.path}>
                  <Td>
                    <button
                      type="button"
                      onClick={() => (states ? setViewed(resource) : onEdit(resource))}
                      className="rounded text-left font-mono text-xs font-medium hover:text-accent-text"
                    >
                      {resource.path}
                    </button>
                  </Td>
                  <Td>
                    <Badge>{resource.resource_type}</Badge>
                  </Td>
                  <Td className="hidden max-w-72 truncate text-muted md:table-cell">
                    {states ? (
                      <span className="font-mono text-xs">{JSON.stringify(resource.value)}</span>
                    ) : (
                      resource.description
                    )}
                  </Td>
                  <Td className="hidden whitespace-nowrap text-xs text-muted sm:table-cell">
                    <RelativeTime at={resource.edited_at} />
                  </Td>
                  <Td>
                    <RowActions>
                      <CopyButton text={`$res:${resource.path}`} label="Copy reference" />
                      <EditAction name={resource.path} onEdit={() => onEdit(resource)} />
                      <DeleteAction
                        name={resource.path}
                        question={`Delete ${resource.path}?`}
                        consequence={
                          states
                            ? "The script starts again without a state."
                            : "Scripts that use it will fail."
                        }
                        onDelete={() => drop.mutate(resource.path)}
                      />
                    </RowActions>
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </FilteredList>
      <Dialog
        open={viewed !== null}
        onOpenChange={(open) => !open && setViewed(null)}
        title="State"
        description={viewed?.path}
      >
        <JsonTree value={viewed?.value} />
      </Dialog>
    </>
  );
}
