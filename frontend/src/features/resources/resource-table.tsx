import { useQuery } from "@tanstack/react-query";
import { Blocks, Database } from "lucide-react";
import { useState } from "react";
import type { Resource } from "@/api/types";
import { AccessAction } from "@/features/people/access-dialog";
import { JsonTree } from "@/features/results/tree";
import { useMayWrite } from "@/features/session/rights";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { ListTable } from "@/ui/list-table";
import { PathText } from "@/ui/path-text";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyList } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { deleteResource, resourcesQuery } from "./resources";

const STATES = "state,cache";

type ResourceTableProps = { states: boolean; search: string; onEdit: (resource: Resource | null) => void };

/** The resources of a workspace, or the states that scripts keep as such. */
export function ResourceTable({ states, search, onEdit }: ResourceTableProps) {
  const workspace = useWorkspace();
  const [viewed, setViewed] = useState<Resource | null>(null);
  const develop = useCanDevelop();
  const mayWrite = useMayWrite();
  const list = useQuery(resourcesQuery(workspace, states ? { type: STATES } : { exclude: STATES }));
  const drop = useChange({
    run: (path: string) => deleteResource(workspace, path),
    done: (path) => ["Resource deleted", path],
    touches: [["w", workspace, "resources"]],
  });
  return (
    <>
      <ListTable
        list={list}
        keyOf={(resource) => resource.path}
        search={search}
        text={(resource) => `${resource.path} ${resource.resource_type} ${resource.description ?? ""}`}
        empty={
          states ? (
            <EmptyList icon={Database} noun="state" search={search}>
              Scripts that remember something between runs (wmill.set_state) keep it here.
            </EmptyList>
          ) : (
            <EmptyList
              icon={Blocks}
              noun="resource"
              search={search}
              onNew={develop ? () => onEdit(null) : undefined}
            >
              Databases, mail servers, API accounts: described once, used by every script.
            </EmptyList>
          )
        }
        columns={[
          {
            head: "Path",
            cell: (resource) => (
              <button
                type="button"
                onClick={() => (states ? setViewed(resource) : onEdit(resource))}
                className="rounded text-left font-mono text-xs font-medium break-words hover:text-accent-text"
              >
                <PathText path={resource.path} />
              </button>
            ),
          },
          { head: "Type", cell: (resource) => <Badge>{resource.resource_type}</Badge> },
          {
            head: states ? "Value" : "Description",
            className: "hidden xl:table-cell",
            look: "max-w-72 truncate text-muted",
            cell: (resource) =>
              states ? (
                <span className="font-mono text-xs">{JSON.stringify(resource.value)}</span>
              ) : (
                resource.description
              ),
          },
          {
            head: "Changed",
            className: "hidden sm:table-cell",
            look: "whitespace-nowrap text-xs text-muted",
            cell: (resource) => <RelativeTime at={resource.edited_at} />,
          },
          {
            head: "",
            className: "w-36",
            cell: (resource) => (
              <RowActions>
                <CopyButton text={`$res:${resource.path}`} label="Copy reference" />
                <AccessAction kind="resource" item={resource} />
                {mayWrite(resource) && (
                  <>
                    <EditAction name={resource.path} onEdit={() => onEdit(resource)} />
                    <DeleteAction
                      name={resource.path}
                      question={`Delete ${resource.path}?`}
                      consequence={
                        states
                          ? "The script starts again without a state."
                          : "Scripts that use it will fail. For three days administrators can put it back from the trash."
                      }
                      onDelete={() => drop.mutate(resource.path)}
                    />
                  </>
                )}
              </RowActions>
            ),
          },
        ]}
      />
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
