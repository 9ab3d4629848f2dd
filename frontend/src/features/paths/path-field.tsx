import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { FolderDialog } from "@/features/people/folder-dialog";
import { foldersQuery } from "@/features/people/folders";
import { useMember, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { joinPath, pathProblem, splitPath } from "./path";

type PathFieldProps = {
  value: string;
  onValue: (path: string) => void;
  label?: string;
  hint?: string;
  /** A name that such an item may have. */
  example?: string;
  disabled?: boolean;
  showProblem?: boolean;
};

/** The path of an item: whose it is (own space or a folder that the member may write to), then its name. */
export function PathField({
  value,
  onValue,
  label = "Path",
  hint,
  example = "monthly_report",
  disabled,
  showProblem = true,
}: PathFieldProps) {
  const workspace = useWorkspace();
  const member = useMember();
  const folders = useQuery(foldersQuery(workspace));
  const [making, setMaking] = useState(false);
  const { owner, name } = splitPath(value);
  const mine = `u/${member?.username ?? ""}`;
  const all = member?.is_admin || member?.is_super_admin;
  const writable = all ? (folders.data ?? []).map((folder) => folder.name) : (member?.folders ?? []);
  const known = [mine, ...writable.map((folder) => `f/${folder}`)];
  if (owner && !known.includes(owner)) known.push(owner);
  const problem = showProblem && name ? pathProblem(value) : null;
  return (
    <div className="flex flex-col gap-1.5">
      <div className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] items-end gap-2">
        <Field label="Owner">
          <Combobox
            value={owner}
            onValue={(next) => onValue(joinPath(next, name))}
            options={known.map((option) => ({
              value: option,
              hint: option === mine ? "only you" : undefined,
            }))}
            placeholder="Folder or you"
            footer={
              <Button variant="ghost" size="sm" className="w-full" onClick={() => setMaking(true)}>
                <Plus /> New folder
              </Button>
            }
            disabled={disabled}
          />
        </Field>
        <Field label={label} required>
          <Input
            value={name}
            onChange={(event) => onValue(joinPath(owner || mine, event.target.value))}
            placeholder={example}
            className="font-mono text-xs"
            disabled={disabled}
            spellCheck={false}
            autoComplete="off"
          />
        </Field>
      </div>
      {making && (
        <FolderDialog
          folder={null}
          onClose={() => setMaking(false)}
          onSaved={(folder) => onValue(joinPath(`f/${folder}`, name))}
        />
      )}
      {problem ? (
        <p role="alert" className="text-xs text-danger">
          {problem}
        </p>
      ) : (
        <p className="text-xs text-muted">
          {hint ?? (value ? <span className="font-mono">{value}</span> : null)}
        </p>
      )}
    </div>
  );
}
