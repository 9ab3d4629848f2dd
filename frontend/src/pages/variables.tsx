import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { Variable } from "@/api/types";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { ContextualTable, EnvironmentDialog } from "@/features/variables/contextual";
import { VariableDialog } from "@/features/variables/variable-dialog";
import { VariableTable } from "@/features/variables/variable-table";
import { variablesQuery } from "@/features/variables/variables";
import { Button } from "@/ui/button";
import { SearchInput } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

export default function VariablesPage() {
  const workspace = useWorkspace();
  const { tab = "variables", open } = useSearch({ strict: false }) as { tab?: string; open?: string };
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const member = useMember();
  const admin = member?.is_admin || member?.is_super_admin;
  const [setting, setSetting] = useState(false);
  const [search, setSearch] = useState("");
  const [edited, setEdited] = useState<Variable | null | undefined>(undefined);
  const list = useQuery(variablesQuery(workspace));
  const wanted = open ? list.data?.find((variable) => variable.path === open) : undefined;
  useEffect(() => {
    if (wanted) setEdited(wanted);
  }, [wanted]);
  return (
    <Page
      title="Variables"
      description="Values and secrets that scripts read by path: $var:path in inputs, wmill.get_variable in code."
      actions={
        tab === "contextual"
          ? admin && (
              <Button variant="primary" onClick={() => setSetting(true)}>
                <Plus /> New environment variable
              </Button>
            )
          : develop && (
              <Button variant="primary" onClick={() => setEdited(null)}>
                <Plus /> New variable
              </Button>
            )
      }
    >
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({
            to: "/w/$workspace/variables",
            params: { workspace },
            search: { tab: next },
            replace: true,
          })
        }
      >
        <TabsList className="mb-4">
          <Tab value="variables">Variables</Tab>
          <Tab value="contextual">Contextual</Tab>
        </TabsList>
        <TabPanel value="variables">
          <SearchInput
            label="Search variables"
            value={search}
            onValue={setSearch}
            className="mb-3 sm:max-w-80"
          />
          <Card className="overflow-hidden">
            <VariableTable search={search} onEdit={setEdited} />
          </Card>
        </TabPanel>
        <TabPanel value="contextual">
          <p className="mb-3 text-sm text-muted">Set for every run as environment variables.</p>
          <Card className="overflow-hidden">
            <ContextualTable />
          </Card>
          {setting && <EnvironmentDialog onClose={() => setSetting(false)} />}
        </TabPanel>
      </Tabs>
      {edited !== undefined && (
        <VariableDialog
          key={edited?.path ?? "new"}
          workspace={workspace}
          variable={edited}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Page>
  );
}
