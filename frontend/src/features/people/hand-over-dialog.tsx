import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWorkspace } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { Combobox } from "@/ui/combobox";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { ErrorState, Skeleton } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { foldersQuery } from "./folders";
import { membersQuery } from "./members";
import { inWords, offboard, offboardPreviewQuery, pathsOf } from "./offboarding";

/** Hands over what a member owns to another member or a folder, and lets them leave. */
export function HandOverDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const workspace = useWorkspace();
  const preview = useQuery(offboardPreviewQuery(workspace, username));
  const members = useQuery(membersQuery(workspace));
  const folders = useQuery(foldersQuery(workspace));
  const [place, setPlace] = useState("");
  const [runsAs, setRunsAs] = useState("");
  const [leaves, setLeaves] = useState(true);
  const [conflicts, setConflicts] = useState<string[]>([]);
  const handOver = useChange({
    run: () =>
      offboard(workspace, username, {
        reassign_to: place,
        delete_user: leaves,
        ...(runsAs ? { new_on_behalf_of_user: runsAs } : {}),
      }),
    touches: [["w", workspace]],
    done: (_given, result) =>
      result.conflicts ? ["Nothing was moved", "Something is in the way"] : ["Handed over", `to ${place}`],
    after: (result) => (result.conflicts ? setConflicts(result.conflicts) : onClose()),
  });
  const others = (members.data ?? []).filter((member) => member.username !== username && !member.disabled);
  const people = others.map((member) => ({ value: `u/${member.username}`, hint: member.email }));
  const places = [
    ...(folders.data ?? []).map((folder) => ({ value: `f/${folder.name}`, hint: "folder" })),
    ...people,
  ];
  const found = preview.data;
  const running = found ? pathsOf(found.executing_on_behalf) : [];
  return (
    <FormDialog
      title={`Hand over what ${username} owns`}
      description={`Everything below u/${username}/ moves, with its history. Code that imports or runs it follows.`}
      submit={leaves ? "Hand over and remove" : "Hand over"}
      busy={handOver.isPending}
      disabled={!place || !found}
      onSubmit={() => handOver.mutate()}
      onClose={onClose}
    >
      {preview.isError ? (
        <ErrorState error={preview.error} retry={() => void preview.refetch()} className="py-4" />
      ) : !found ? (
        <Skeleton className="h-16" />
      ) : (
        <dl className="grid grid-cols-[minmax(96px,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 rounded-md bg-sunken p-3 text-sm">
          <Fact name="Owns">{inWords(found.owned) || "nothing"}</Fact>
          {running.length > 0 && <Fact name="Runs as them">{running.join(", ")}</Fact>}
          {pathsOf(found.referencing).length > 0 && (
            <Fact name="Refers to it">
              {pathsOf(found.referencing).join(", ")}. Resources and texts keep the old paths.
            </Fact>
          )}
          {found.tokens.length > 0 && (
            <Fact name="Tokens">{`${found.tokens.length}, good as long as they are members`}</Fact>
          )}
        </dl>
      )}
      <Field label="To" required hint="A folder, or another member.">
        <Combobox
          value={place}
          onValue={(next) => {
            setPlace(next);
            setConflicts([]);
          }}
          options={places}
          placeholder="Choose a place…"
          loading={members.isPending || folders.isPending}
        />
      </Field>
      {conflicts.length > 0 && (
        <p role="alert" className="text-sm text-danger">
          {`Nothing was moved, for this is there already: ${conflicts.join(", ")}.`}
        </p>
      )}
      <Field
        label="Runs as"
        optional
        hint="For code that ran as them. Without a name it runs as who starts it."
      >
        <Combobox value={runsAs} onValue={setRunsAs} options={people} placeholder="Who starts it" clearable />
      </Field>
      <div className="flex items-center justify-between gap-4">
        <label htmlFor="leaves" className="text-sm">
          Remove {username} from the workspace
        </label>
        <Switch id="leaves" checked={leaves} onCheckedChange={setLeaves} />
      </div>
    </FormDialog>
  );
}

function Fact({ name, children }: { name: string; children: string | (string | false)[] }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
