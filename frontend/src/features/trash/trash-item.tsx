import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import type { TrashItem, TrashItemWithData } from "@/api/types";
import { JsonTree } from "@/features/results/tree";
import { languageLabel, monacoLanguage } from "@/features/scripts/language";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Dialog } from "@/ui/dialog";
import { Facts } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { exactTime } from "@/ui/time";
import { KINDS, trashItemQuery } from "./trash";

type Row = Record<string, unknown>;
type Fact = [string, string];

const textOf = (row: Row | undefined, name: string) => {
  const value = row?.[name];
  return typeof value === "string" ? value : "";
};

/** What the newest row of an item says of it besides its value. */
function factsOf(item: TrashItemWithData, rows: Row[], newest: Row | undefined): Fact[] {
  const facts: Fact[] = [];
  const summary = textOf(newest, "summary");
  const description = textOf(newest, "description");
  if (summary) facts.push(["Summary", summary]);
  if (description) facts.push(["Description", description]);
  if (item.item_kind === "script") facts.push(["Language", languageLabel(textOf(newest, "language"))]);
  if (item.item_kind === "resource") facts.push(["Type", textOf(newest, "resource_type")]);
  if (rows.length > 1)
    facts.push([item.item_kind === "resource" ? "Values" : "Versions", String(rows.length)]);
  facts.push(["Deleted", `${exactTime(item.deleted_at)} by ${item.deleted_by}`]);
  return facts;
}

function Content({ item }: { item: TrashItemWithData }) {
  const rows = (table: string) => item.item_data[table] ?? [];
  const versions = {
    script: rows("script"),
    flow: rows("flow_version"),
    resource: rows("resource_version"),
    variable: [],
  }[item.item_kind];
  const own = item.item_kind === "flow" || item.item_kind === "script" ? versions.at(-1) : undefined;
  const newest = own ?? rows(item.item_kind)[0];
  return (
    <div className="space-y-4">
      <Facts items={factsOf(item, versions, newest)} />
      {item.item_kind === "script" && (
        <CodeBlock text={textOf(newest, "content")} language={monacoLanguage(textOf(newest, "language"))} />
      )}
      {item.item_kind === "variable" &&
        (newest?.is_secret ? (
          <p className="text-sm text-muted">Its value is secret, and comes back with it.</p>
        ) : (
          <CodeBlock text={textOf(newest, "value")} />
        ))}
      {(item.item_kind === "flow" || item.item_kind === "resource") && (
        <div className="overflow-x-auto rounded-md border border-line bg-sunken p-3">
          <JsonTree value={newest?.value} />
        </div>
      )}
    </div>
  );
}

type TrashItemDialogProps = { item: TrashItem; onRestore: () => void; onClose: () => void };

/** What a deleted item held. */
export function TrashItemDialog({ item, onRestore, onClose }: TrashItemDialogProps) {
  const whole = useQuery(trashItemQuery(useWorkspace(), item.id));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={item.item_path}
      description={`${KINDS[item.item_kind] ?? item.item_kind} in the trash`}
      width="720px"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button variant="primary" onClick={onRestore} data-first>
            <Undo2 /> Restore
          </Button>
        </>
      }
    >
      {whole.isPending && <Skeleton className="h-40" />}
      {whole.isError && <ErrorState error={whole.error} retry={() => void whole.refetch()} />}
      {whole.data && <Content item={whole.data} />}
    </Dialog>
  );
}
