import { useQuery } from "@tanstack/react-query";
import { Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import type { TrashItem } from "@/api/types";
import { AdminsOnly } from "@/features/session/admins-only";
import { useWorkspace } from "@/features/session/session";
import { emptyTrash, KINDS, removeItem, restoreItem, trashQuery } from "@/features/trash/trash";
import { TrashItemDialog } from "@/features/trash/trash-item";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { useConfirm } from "@/ui/confirm";
import { SearchInput } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card, Page } from "@/ui/page";
import { PathText } from "@/ui/path-text";
import { DeleteAction, RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/time";

const kindOf = (item: TrashItem) => KINDS[item.item_kind] ?? item.item_kind;

function Trash() {
  const workspace = useWorkspace();
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState<TrashItem | null>(null);
  const list = useQuery(trashQuery(workspace));
  const confirm = useConfirm();
  // What came back stands in the lists of its kind, on home and among the starred again.
  const touches = [["w", workspace]];
  const restore = useChange({
    run: (item: TrashItem) => restoreItem(workspace, item.id),
    done: (item) => [`${kindOf(item)} restored`, item.item_path],
    touches,
    after: () => setShown(null),
  });
  const drop = useChange({
    run: (item: TrashItem) => removeItem(workspace, item.id),
    done: (item) => ["Deleted for good", item.item_path],
    touches: [["w", workspace, "trash"]],
  });
  const empty = useChange({
    run: () => emptyTrash(workspace),
    done: () => ["The trash is empty"],
    touches: [["w", workspace, "trash"]],
  });
  return (
    <Page
      title="Trash"
      description="Deleted scripts, flows, variables and resources are kept for three days, with their versions and grants."
      actions={
        list.data &&
        list.data.length > 0 && (
          <Button
            onClick={async () => {
              const agreed = await confirm({
                title: "Empty the trash?",
                body: "Everything in it is deleted for good. This cannot be undone.",
                action: "Delete for good",
              });
              if (agreed) empty.mutate();
            }}
          >
            <Trash2 /> Empty trash
          </Button>
        )
      }
    >
      <SearchInput label="Search trash" value={search} onValue={setSearch} className="mb-3 sm:max-w-80" />
      <Card className="overflow-hidden">
        <ListTable
          list={list}
          keyOf={(item) => String(item.id)}
          search={search}
          text={(item) => `${item.item_path} ${kindOf(item)} ${item.deleted_by}`}
          empty={
            <EmptyState icon={Trash2} title={search ? "Nothing in the trash matches" : "The trash is empty"}>
              {search ? "Try another word." : "What is deleted can be put back from here."}
            </EmptyState>
          }
          columns={[
            {
              head: "Path",
              cell: (item) => (
                <button
                  type="button"
                  onClick={() => setShown(item)}
                  className="rounded text-left font-mono text-xs font-medium break-words hover:text-accent-text"
                >
                  <PathText path={item.item_path} />
                </button>
              ),
            },
            { head: "Kind", cell: (item) => <Badge>{kindOf(item)}</Badge> },
            { head: "Deleted by", className: "hidden md:table-cell", cell: (item) => item.deleted_by },
            {
              head: "Deleted",
              className: "hidden sm:table-cell",
              look: "whitespace-nowrap text-muted",
              cell: (item) => <RelativeTime at={item.deleted_at} />,
            },
            {
              head: "Gone for good",
              className: "hidden sm:table-cell",
              look: "whitespace-nowrap text-muted",
              cell: (item) => <RelativeTime at={item.expires_at} />,
            },
            {
              head: "",
              className: "w-24",
              cell: (item) => (
                <RowActions>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Restore ${item.item_path}`}
                    onClick={() => restore.mutate(item)}
                  >
                    <Undo2 />
                  </Button>
                  <DeleteAction
                    name={item.item_path}
                    question={`Delete ${item.item_path} for good?`}
                    consequence="It cannot be put back any more."
                    verb="Delete for good"
                    onDelete={() => drop.mutate(item)}
                  />
                </RowActions>
              ),
            },
          ]}
        />
      </Card>
      {shown && (
        <TrashItemDialog
          item={shown}
          onRestore={() => restore.mutate(shown)}
          onClose={() => setShown(null)}
        />
      )}
    </Page>
  );
}

export default function TrashPage() {
  return (
    <AdminsOnly of="workspace">
      <Trash />
    </AdminsOnly>
  );
}
