import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff, KeyRound, Lock } from "lucide-react";
import { useState } from "react";
import type { Variable } from "@/api/types";
import { AccessAction } from "@/features/people/access-dialog";
import { useMayWrite } from "@/features/session/rights";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { CopyButton } from "@/ui/copy";
import { ListTable } from "@/ui/list-table";
import { PathText } from "@/ui/path-text";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyList } from "@/ui/states";
import { deleteVariable, readVariable, variablesQuery } from "./variables";

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
        className="opacity-0 group-hover:opacity-100 focus:opacity-100 pointer-coarse:opacity-100"
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
  const develop = useCanDevelop();
  const mayWrite = useMayWrite();
  const list = useQuery(variablesQuery(workspace));
  const drop = useChange({
    run: (path: string) => deleteVariable(workspace, path),
    done: (path) => ["Variable deleted", path],
    touches: [["w", workspace, "variables"]],
  });
  return (
    <ListTable
      list={list}
      keyOf={(variable) => variable.path}
      search={search}
      text={(variable) => `${variable.path} ${variable.description ?? ""}`}
      empty={
        <EmptyList
          icon={KeyRound}
          noun="variable"
          search={search}
          onNew={develop ? () => onEdit(null) : undefined}
        >
          Keep addresses, keys and other values here instead of in code; secrets are encrypted.
        </EmptyList>
      }
      columns={[
        {
          head: "Path",
          cell: (variable) => (
            <button
              type="button"
              onClick={() => onEdit(variable)}
              className="flex items-center gap-2 rounded text-left font-mono text-xs font-medium break-words hover:text-accent-text"
            >
              <span className="min-w-0">
                <PathText path={variable.path} />
              </span>
              {variable.is_secret && <Lock className="size-3 shrink-0 text-faint" aria-label="secret" />}
            </button>
          ),
        },
        {
          head: "Value",
          look: "max-w-56",
          cell: (variable) =>
            variable.is_secret ? (
              <SecretValue workspace={workspace} path={variable.path} />
            ) : (
              <span className="block truncate font-mono text-xs">{variable.value}</span>
            ),
        },
        {
          head: "Description",
          className: "hidden xl:table-cell",
          look: "max-w-72 truncate text-muted",
          cell: (variable) => variable.description,
        },
        {
          head: "",
          className: "w-36",
          cell: (variable) => (
            <RowActions>
              <CopyButton text={`$var:${variable.path}`} label="Copy reference" />
              <AccessAction kind="variable" item={variable} />
              {mayWrite(variable) && (
                <>
                  <EditAction name={variable.path} onEdit={() => onEdit(variable)} />
                  <DeleteAction
                    name={variable.path}
                    question={`Delete ${variable.path}?`}
                    consequence="Scripts that read it will fail. For three days administrators can put it back from the trash."
                    onDelete={() => drop.mutate(variable.path)}
                  />
                </>
              )}
            </RowActions>
          ),
        },
      ]}
    />
  );
}
