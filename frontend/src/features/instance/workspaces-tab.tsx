import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArchiveRestore, Building2 } from "lucide-react";
import { useState } from "react";
import { WorkspaceTile } from "@/features/shell/sidebar";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { SearchInput } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card } from "@/ui/page";
import { RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { allWorkspacesQuery, unarchiveWorkspace } from "./settings";

/** Every workspace of the instance; archived ones are brought back here. */
export function InstanceWorkspacesTab() {
  const list = useQuery(allWorkspacesQuery);
  const [search, setSearch] = useState("");
  const restore = useChange({
    run: unarchiveWorkspace,
    done: (id) => ["Workspace brought back", id],
    touches: [allWorkspacesQuery.queryKey, ["workspaces"]],
  });
  return (
    <>
      <SearchInput
        label="Search workspaces"
        value={search}
        onValue={setSearch}
        className="mb-3 sm:max-w-80"
      />
      <Card className="overflow-hidden">
        <ListTable
          list={list}
          keyOf={(workspace) => workspace.id}
          search={search}
          text={(workspace) => `${workspace.id} ${workspace.name} ${workspace.owner}`}
          rows={4}
          empty={<EmptyState icon={Building2} title="No workspace matches" />}
          columns={[
            {
              head: "Workspace",
              cell: (workspace) => (
                <span className="flex items-center gap-2.5">
                  <WorkspaceTile name={workspace.name} color={workspace.color} className="size-7" />
                  <span className="min-w-0">
                    <span className="flex flex-wrap items-center gap-x-1.5 font-medium">
                      {workspace.deleted ? (
                        workspace.name
                      ) : (
                        <Link
                          to="/w/$workspace"
                          params={{ workspace: workspace.id }}
                          className="hover:underline"
                        >
                          {workspace.name}
                        </Link>
                      )}
                      {workspace.deleted && <Badge tone="warning">archived</Badge>}
                    </span>
                    <span className="block break-all font-mono text-xs text-muted">{workspace.id}</span>
                  </span>
                </span>
              ),
            },
            {
              head: "Made by",
              className: "hidden md:table-cell",
              look: "text-muted",
              cell: (workspace) => workspace.owner,
            },
            {
              head: "Made",
              className: "hidden sm:table-cell",
              look: "whitespace-nowrap text-xs text-muted",
              cell: (workspace) => <RelativeTime at={workspace.created_at} />,
            },
            {
              head: "",
              className: "w-36",
              cell: (workspace) =>
                workspace.deleted && (
                  <RowActions>
                    <Button
                      size="sm"
                      variant="ghost"
                      busy={restore.isPending && restore.variables === workspace.id}
                      onClick={() => restore.mutate(workspace.id)}
                    >
                      <ArchiveRestore /> Bring back
                    </Button>
                  </RowActions>
                ),
            },
          ]}
        />
      </Card>
    </>
  );
}
