import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff, KeyRound, Lock, Plus } from "lucide-react";
import { useState } from "react";
import type { Variable } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { CopyButton } from "@/ui/copy";
import { FilteredList } from "@/ui/filtered-list";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { contextualVariablesQuery, deleteVariable, readVariable, variablesQuery } from "./variables";

function SecretValue({ workspace, path }: { workspace: string; path: string }) {
  const [shown, setShown] = useState<string | null>(null);
  const read = useChange({
    run: () => readVariable(workspace, path, true),
    after: (variable) => setShown(variable.value ?? ""),
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

type VariableTableProps = { search: string; onEdit: (variable: Variable | null) => void };

export function VariableTable({ search, onEdit }: VariableTableProps) {
  const workspace = useWorkspace();
  const list = useQuery(variablesQuery(workspace));
  const drop = useChange({
    run: (path: string) => deleteVariable(workspace, path),
    done: (path) => ["Variable deleted", path],
    touches: [["w", workspace, "variables"]],
  });
  return (
    <FilteredList
      list={list}
      search={search}
      text={(variable) => `${variable.path} ${variable.description ?? ""}`}
      empty={
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
      }
    >
      {(shown) => (
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
                  <RowActions>
                    <CopyButton text={`$var:${variable.path}`} label="Copy reference" />
                    <EditAction name={variable.path} onEdit={() => onEdit(variable)} />
                    <DeleteAction
                      name={variable.path}
                      question={`Delete ${variable.path}?`}
                      consequence="Scripts that read it will fail."
                      onDelete={() => drop.mutate(variable.path)}
                    />
                  </RowActions>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </FilteredList>
  );
}

/** What every job finds in its environment. */
export function ContextualTable() {
  const workspace = useWorkspace();
  const list = useQuery(contextualVariablesQuery(workspace));
  return (
    <FilteredList list={list} empty={<EmptyState icon={KeyRound} title="Nothing is set" />}>
      {(shown) => (
        <Table>
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Example</Th>
              <Th>Description</Th>
            </tr>
          </thead>
          <tbody>
            {shown.map((variable) => (
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
      )}
    </FilteredList>
  );
}
