import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useChange } from "@/ui/change";
import { EditDrawer } from "@/ui/edit-drawer";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { type NameValue, NameValues } from "@/ui/name-values";
import { Segmented } from "@/ui/tabs";
import { defaultTagsQuery, saveWorkerGroup, type WorkerGroup } from "./workers";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/;
const wordsIn = (text: string) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

type GroupDialogProps = {
  /** The group as it is configured; one without a name is new. */
  group: WorkerGroup;
  onClose: () => void;
};

/** What the workers of a group serve, and what their jobs find in the environment. */
export function GroupDialog({ group, onClose }: GroupDialogProps) {
  const isNew = group.name === "";
  const defaults = useQuery(defaultTagsQuery);
  const [name, setName] = useState(group.name);
  const [own, setOwn] = useState(Boolean(group.config.worker_tags?.length));
  const [tags, setTags] = useState((group.config.worker_tags ?? []).join("\n"));
  const [variables, setVariables] = useState<NameValue[]>(
    Object.entries(group.config.env_vars_static ?? {}).map(([key, value]) => ({ name: key, value })),
  );
  const [taken, setTaken] = useState((group.config.env_vars_allowlist ?? []).join("\n"));
  const badName = name !== "" && !NAME.test(name);
  const save = useChange({
    run: () =>
      saveWorkerGroup(name, {
        worker_tags: own ? wordsIn(tags) : null,
        env_vars_static: Object.fromEntries(
          variables.filter((row) => row.name.trim()).map((row) => [row.name.trim(), row.value]),
        ),
        env_vars_allowlist: wordsIn(taken),
      }),
    done: () => ["Worker group saved", name],
    touches: [["workers"]],
    after: onClose,
  });
  return (
    <EditDrawer
      title={isNew ? "New worker group" : `Worker group ${group.name}`}
      description="Its workers follow within a moment, without a restart."
      exists={!isNew}
      busy={save.isPending}
      disabled={!name || badName || (own && wordsIn(tags).length === 0)}
      onSave={() => save.mutate()}
      onClose={onClose}
    >
      {isNew && (
        <Field
          label="Name"
          required
          hint={
            <>
              Workers join it with <code className="font-mono">postmill worker --group {name || "name"}</code>
              .
            </>
          }
          error={badName ? "Letters, digits, “_” and “-”, at most 50." : null}
        >
          <Input
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="font-mono text-xs"
            autoFocus
          />
        </Field>
      )}
      <div className="flex flex-col gap-2">
        <div className="flex items-center justify-between gap-3">
          <h3 className="text-sm font-semibold">Tags</h3>
          <Segmented
            label="Tags"
            value={own ? "own" : "all"}
            onValue={(next) => {
              setOwn(next === "own");
              if (next === "own" && !tags) setTags((defaults.data ?? []).join("\n"));
            }}
            options={[
              { value: "all", label: "All by default" },
              { value: "own", label: "Only these" },
            ]}
          />
        </div>
        {own ? (
          <Field
            label="Served tags"
            hint="One a line. Jobs with other tags wait for workers of other groups."
          >
            <Textarea
              value={tags}
              onChange={(event) => setTags(event.target.value)}
              rows={8}
              spellCheck={false}
              className="font-mono text-xs"
            />
          </Field>
        ) : (
          <p className="text-sm text-muted">
            Every language, flows, and the jobs that resolve requirements. A worker that was started with tags
            of its own keeps to those.
          </p>
        )}
      </div>
      <div className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">Environment variables</h3>
        <p className="text-xs text-muted">Set for every job that these workers run; no place for secrets.</p>
        <NameValues noun="variable" rows={variables} onRows={setVariables} />
        <Field
          label="Taken from the workers"
          optional
          hint="Names, one a line: jobs get the values that the workers were started with."
        >
          <Textarea
            value={taken}
            onChange={(event) => setTaken(event.target.value)}
            rows={2}
            spellCheck={false}
            className="font-mono text-xs"
          />
        </Field>
      </div>
    </EditDrawer>
  );
}
