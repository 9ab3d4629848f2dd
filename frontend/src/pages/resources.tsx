import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Resource, ResourceType } from "@/api/types";
import ResourceDialog from "@/features/resources/resource-dialog";
import { ResourceTable } from "@/features/resources/resource-table";
import { TypeDialog } from "@/features/resources/type-dialog";
import { TypeTable } from "@/features/resources/type-table";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { SearchInput } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

export default function ResourcesPage() {
  const workspace = useWorkspace();
  const develop = useCanDevelop();
  const { tab = "resources" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  const [resource, setResource] = useState<Resource | null | undefined>(undefined);
  const [type, setType] = useState<ResourceType | null | undefined>(undefined);
  const types = tab === "types";
  return (
    <Page
      title="Resources"
      description="Connections and settings with a type; scripts take them as inputs."
      actions={
        develop &&
        (types ? (
          <Button variant="primary" onClick={() => setType(null)}>
            <Plus /> New type
          </Button>
        ) : (
          <Button variant="primary" onClick={() => setResource(null)}>
            <Plus /> New resource
          </Button>
        ))
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
