import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Blocks, Database, Pencil, Plus, Shapes, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Resource, ResourceType } from "@/api/types";
import ResourceDialog from "@/features/resources/resource-dialog";
import {
  deleteResource,
  deleteResourceType,
  resourcesQuery,
  resourceTypesQuery,
} from "@/features/resources/resources";
import { TypeDialog } from "@/features/resources/type-dialog";
import { JsonTree } from "@/features/results/tree";
import { useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { SearchInput } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";

const STATES = "state,cache";

type ListProps = { states: boolean; search: string; onEdit: (resource: Resource | null) => void };

function ResourceTable({ states, search, onEdit }: ListProps) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const [viewed, setViewed] = useState<Resource | null>(null);
  const list = useQuery(resourcesQuery(workspace, states ? { type: STATES } : { exclude: STATES }));
  const drop = useMutation({
    mutationFn: (path: string) => deleteResource(workspace, path),
    onSuccess: (_, path) => {
      tellDone("Resource deleted", path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "resources"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  const words = search.toLowerCase();
  const shown = list.data.filter((resource) =>
    `${resource.path} ${resource.resource_type} ${resource.description ?? ""}`.toLowerCase().includes(words),
  );
  if (shown.length === 0) {
    return states ? (
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
    );
  }
  return (
    <>
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
                <span className="flex justify-end gap-0.5">
                  <CopyButton text={`$res:${resource.path}`} label="Copy reference" />
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Edit ${resource.path}`}
                    onClick={() => onEdit(resource)}
                  >
                    <Pencil />
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Delete ${resource.path}`}
                    onClick={async () => {
                      const yes = await confirm({
                        title: `Delete ${resource.path}?`,
                        body: states
                          ? "The script starts again without a state."
                          : "Scripts that use it will fail.",
                        action: "Delete",
                      });
                      if (yes) drop.mutate(resource.path);
                    }}
                  >
                    <Trash2 />
                  </Button>
                </span>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
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

function TypeTable({ search, onEdit }: { search: string; onEdit: (type: ResourceType | null) => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(resourceTypesQuery(workspace));
  const drop = useMutation({
    mutationFn: (name: string) => deleteResourceType(workspace, name),
    onSuccess: (_, name) => {
      tellDone("Type deleted", name);
      void client.invalidateQueries({ queryKey: ["w", workspace, "resource-types"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  const words = search.toLowerCase();
  const shown = list.data.filter((type) =>
    `${type.name} ${type.description ?? ""}`.toLowerCase().includes(words),
  );
  if (shown.length === 0) {
    return (
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
    );
  }
  return (
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
                  <span className="flex justify-end gap-0.5">
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={`Edit ${type.name}`}
                      onClick={() => onEdit(type)}
                    >
                      <Pencil />
                    </Button>
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={`Delete ${type.name}`}
                      onClick={async () => {
                        const yes = await confirm({
                          title: `Delete the type ${type.name}?`,
                          body: "Its resources stay, without a form.",
                          action: "Delete",
                        });
                        if (yes) drop.mutate(type.name);
                      }}
                    >
                      <Trash2 />
                    </Button>
                  </span>
                )}
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

export default function ResourcesPage() {
  const workspace = useWorkspace();
  const member = useMember();
  const { tab = "resources" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  const [resource, setResource] = useState<Resource | null | undefined>(undefined);
  const [type, setType] = useState<ResourceType | null | undefined>(undefined);
  const types = tab === "types";
  return (
    <Page
      title="Resources"
      description="Connections and settings with a type; scripts take them as arguments."
      actions={
        types ? (
          !member?.operator && (
            <Button variant="primary" onClick={() => setType(null)}>
              <Plus /> New type
            </Button>
          )
        ) : (
          <Button variant="primary" onClick={() => setResource(null)}>
            <Plus /> New resource
          </Button>
        )
      }
    >
      <Tabs
        value={tab}
        onValueChange={(next) => {
          setSearch("");
          void navigate({
            to: "/w/$workspace/resources",
            params: { workspace },
            search: { tab: next },
            replace: true,
          });
        }}
      >
        <TabsList className="mb-4">
          <Tab value="resources">Resources</Tab>
          <Tab value="types">Types</Tab>
          <Tab value="states">States</Tab>
        </TabsList>
        <SearchInput
          label={`Search ${tab}`}
          value={search}
          onValue={setSearch}
          className="mb-3 sm:max-w-80"
        />
        <Card className="overflow-hidden">
          <TabPanel value="resources">
            <ResourceTable states={false} search={search} onEdit={setResource} />
          </TabPanel>
          <TabPanel value="types">
            <TypeTable search={search} onEdit={setType} />
          </TabPanel>
          <TabPanel value="states">
            <ResourceTable states search={search} onEdit={setResource} />
          </TabPanel>
        </Card>
      </Tabs>
      {resource !== undefined && (
        <ResourceDialog
          key={resource?.path ?? "new"}
          workspace={workspace}
          resource={resource ?? undefined}
          onClose={() => setResource(undefined)}
        />
      )}
      {type !== undefined && (
        <TypeDialog
          key={type?.name ?? "new"}
          workspace={workspace}
          type={type}
          onClose={() => setType(undefined)}
        />
      )}
    </Page>
  );
}
