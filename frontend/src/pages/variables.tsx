import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Eye, EyeOff, KeyRound, Lock, Pencil, Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { Variable } from "@/api/types";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { useMember, useWorkspace } from "@/features/session/session";
import {
  contextualVariablesQuery,
  createVariable,
  deleteVariable,
  readVariable,
  updateVariable,
  variablesQuery,
} from "@/features/variables/variables";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, SearchInput, Textarea } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";

type DialogProps = { workspace: string; variable: Variable | null; onClose: () => void };

function VariableDialog({ workspace, variable, onClose }: DialogProps) {
  const member = useMember();
  const client = useQueryClient();
  const [path, setPath] = useState(variable?.path ?? `u/${member?.username ?? ""}/`);
  const [value, setValue] = useState(variable?.is_secret ? "" : (variable?.value ?? ""));
  const [secret, setSecret] = useState(variable?.is_secret ?? true);
  const [description, setDescription] = useState(variable?.description ?? "");
  const [touched, setTouched] = useState(false);
  const [tried, setTried] = useState(false);
  const keepsSecret = variable?.is_secret === true && !touched;
  const save = useMutation({
    mutationFn: () =>
      variable
        ? updateVariable(workspace, variable.path, {
            path,
            is_secret: secret,
            description,
            ...(keepsSecret ? {} : { value }),
          })
        : createVariable(workspace, { path, value, is_secret: secret, description }),
    onSuccess: () => {
      tellDone(variable ? "Variable saved" : "Variable created", path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "variables"] });
      onClose();
    },
    onError: tellError,
  });
  const reveal = useMutation({
    mutationFn: () => readVariable(workspace, variable?.path ?? "", true),
    onSuccess: (read) => {
      setValue(read.value ?? "");
      setTouched(true);
    },
    onError: tellError,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      shape="drawer"
      title={variable ? "Edit variable" : "New variable"}
      description="A value that scripts read by its path."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={save.isPending}
            onClick={() => {
              setTried(true);
              if (pathProblem(path) === null) save.mutate();
            }}
          >
            {variable ? "Save" : "Create"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <PathField
          value={path}
          onValue={setPath}
          label="Name"
          showProblem={tried || path.split("/").length > 2}
        />
        <div className="flex items-start justify-between gap-4 rounded-md border border-line bg-sunken/60 p-3">
          <label htmlFor="variable-secret">
            <span className="block text-sm font-medium">Secret</span>
            <span className="block text-xs text-muted">
              Kept encrypted, hidden in lists and masked in logs. Each reading is recorded in the audit log.
            </span>
          </label>
          <Switch id="variable-secret" checked={secret} onCheckedChange={setSecret} />
        </div>
        <Field
          label="Value"
          hint={keepsSecret ? "Left as it is unless you type a new one." : undefined}
          aside={
            variable?.is_secret &&
            !touched && (
              <Button variant="ghost" size="sm" onClick={() => reveal.mutate()} busy={reveal.isPending}>
                <Eye /> Reveal
              </Button>
            )
          }
        >
          <Textarea
            value={value}
            onChange={(event) => {
              setValue(event.target.value);
              setTouched(true);
            }}
            rows={4}
            placeholder={keepsSecret ? "••••••••" : ""}
            spellCheck={false}
            autoComplete="off"
            className="font-mono text-xs"
          />
        </Field>
        <Field label="Description" optional>
          <Input value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}

function SecretValue({ workspace, path }: { workspace: string; path: string }) {
  const [shown, setShown] = useState<string | null>(null);
  const read = useMutation({
    mutationFn: () => readVariable(workspace, path, true),
    onSuccess: (variable) => setShown(variable.value ?? ""),
    onError: tellError,
  });
  return (
    <span className="flex items-center gap-1">
      <span className="truncate font-mono text-xs text-muted">{shown ?? "••••••••"}</span>
      <Button
        variant="ghost"
        size="icon-sm"
        className="opacity-0 group-hover:opacity-100 focus:opacity-100"
        aria-label={shown === null ? `Reveal ${path}` : `Hide ${path}`}
        onClick={() => (shown === null ? read.mutate() : setShown(null))}
      >
        {shown === null ? <Eye /> : <EyeOff />}
      </Button>
    </span>
  );
}

function VariableTable({ search, onEdit }: { search: string; onEdit: (variable: Variable | null) => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(variablesQuery(workspace));
  const drop = useMutation({
    mutationFn: (path: string) => deleteVariable(workspace, path),
    onSuccess: (_, path) => {
      tellDone("Variable deleted", path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "variables"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  const words = search.toLowerCase();
  const shown = list.data.filter((variable) =>
    `${variable.path} ${variable.description ?? ""}`.toLowerCase().includes(words),
  );
  if (shown.length === 0) {
    return (
      <EmptyState
        icon={KeyRound}
        title={search ? "No variable matches" : "No variables yet"}
        action={
          !search && (
            <Button variant="primary" onClick={() => onEdit(null)}>
              <Plus /> New variable
            </Button>
          )
        }
      >
        {search
          ? "Try another word."
          : "Keep addresses, keys and other values here instead of in code; secrets are encrypted."}
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <Th>Path</Th>
          <Th>Value</Th>
          <Th className="hidden md:table-cell">Description</Th>
          <Th className="w-24" aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {shown.map((variable) => (
          <Tr key={variable.path}>
            <Td>
              <button
                type="button"
                onClick={() => onEdit(variable)}
                className="flex items-center gap-2 rounded text-left font-mono text-xs font-medium hover:text-accent-text"
              >
                {variable.path}
                {variable.is_secret && <Lock className="size-3 text-faint" aria-label="secret" />}
              </button>
            </Td>
            <Td className="max-w-64">
              {variable.is_secret ? (
                <SecretValue workspace={workspace} path={variable.path} />
              ) : (
                <span className="block truncate font-mono text-xs">{variable.value}</span>
              )}
            </Td>
            <Td className="hidden max-w-72 truncate text-muted md:table-cell">{variable.description}</Td>
            <Td>
              <span className="flex justify-end gap-0.5">
                <CopyButton text={`$var:${variable.path}`} label="Copy reference" />
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Edit ${variable.path}`}
                  onClick={() => onEdit(variable)}
                >
                  <Pencil />
                </Button>
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Delete ${variable.path}`}
                  onClick={async () => {
                    const yes = await confirm({
                      title: `Delete ${variable.path}?`,
                      body: "Scripts that read it will fail.",
                      action: "Delete",
                    });
                    if (yes) drop.mutate(variable.path);
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
  );
}

function ContextualTable() {
  const workspace = useWorkspace();
  const list = useQuery(contextualVariablesQuery(workspace));
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  return (
    <Table>
      <thead>
        <tr>
          <Th>Name</Th>
          <Th>Example</Th>
          <Th>Description</Th>
        </tr>
      </thead>
      <tbody>
        {list.data.map((variable) => (
          <Tr key={variable.name}>
            <Td className="font-mono text-xs font-medium">
              {variable.name} {variable.is_custom && <Badge tone="accent">custom</Badge>}
            </Td>
            <Td className="max-w-56 truncate font-mono text-xs text-muted">{variable.value}</Td>
            <Td className="text-muted">{variable.description}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

export default function VariablesPage() {
  const workspace = useWorkspace();
  const { tab = "variables", open } = useSearch({ strict: false }) as { tab?: string; open?: string };
  const navigate = useNavigate();
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
      description="Values and secrets that scripts read by path: $var:path in arguments, wmill.get_variable in code."
      actions={
        <Button variant="primary" onClick={() => setEdited(null)}>
          <Plus /> New variable
        </Button>
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
