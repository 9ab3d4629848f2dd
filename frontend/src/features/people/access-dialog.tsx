import { useQuery } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { useState } from "react";
import { useMayWrite, type WritableItem } from "@/features/session/rights";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Dialog } from "@/ui/dialog";
import { ErrorState, Skeleton } from "@/ui/states";
import { FOLDER_RIGHTS, type FolderRight, foldersQuery, rightsOf } from "./folders";
import { type GrantKind, giveGrant, grantsQuery, takeGrant } from "./grants";
import { RightsList } from "./rights-list";

/** What lies at a path is open to whom the path names. */
function ByPath({ path }: { path: string }) {
  const workspace = useWorkspace();
  const [kind, owner = ""] = path.split("/");
  const folders = useQuery({ ...foldersQuery(workspace), enabled: kind === "f" });
  if (kind !== "f") {
    return (
      <p className="text-sm text-muted">
        {kind === "u" ? (
          <>
            It lies under <span className="font-mono text-xs">u/{owner}</span>: {owner} and administrators may
            read and change it.
          </>
        ) : (
          <>
            It belongs to <span className="font-mono text-xs">g/{owner}</span>: its members and administrators
            may read and change it.
          </>
        )}
      </p>
    );
  }
  const folder = folders.data?.find((known) => known.name === owner);
  return (
    <>
      <p className="mb-2 text-sm text-muted">
        By the folder <span className="font-mono text-xs">f/{owner}</span>, which is changed under Folders &
        groups:
      </p>
      {folders.isPending ? (
        <Skeleton className="h-10" />
      ) : (
        <RightsList<FolderRight>
          rights={folder ? rightsOf(folder) : {}}
          choices={FOLDER_RIGHTS}
          first="read"
          nobody="Administrators only."
          fixed
          onGive={() => {}}
          onTake={() => {}}
        />
      )}
    </>
  );
}

type AccessDialogProps = { kind: GrantKind; item: WritableItem; onClose: () => void };

/** Who may read and change an item: by its path, and by grants on itself. */
export function AccessDialog({ kind, item, onClose }: AccessDialogProps) {
  const workspace = useWorkspace();
  const { path } = item;
  const may = useMayWrite()(item);
  const grants = useQuery(grantsQuery(workspace, kind, path));
  const touches = [
    ["w", workspace, "grants", kind, path],
    ["w", workspace, `${kind}s`],
  ];
  const give = useChange({
    run: ({ who, write }: { who: string; write: boolean }) => giveGrant(workspace, kind, path, who, write),
    touches,
  });
  const take = useChange({ run: (who: string) => takeGrant(workspace, kind, path, who), touches });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Access"
      description={<span className="font-mono text-xs">{path}</span>}
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <div className="flex flex-col gap-5">
        <section>
          <h3 className="mb-1.5 text-sm font-semibold">By its path</h3>
          <ByPath path={path} />
        </section>
        <section>
          <h3 className="mb-1.5 text-sm font-semibold">On this {kind} alone</h3>
          {grants.isPending && <Skeleton className="h-10" />}
          {grants.isError && <ErrorState error={grants.error} className="py-4" />}
          {grants.data && (
            <RightsList
              rights={Object.fromEntries(
                Object.entries(grants.data).map(([who, write]) => [who, write ? "write" : "read"]),
              )}
              choices={[
                {
                  value: "read",
                  label: kind === "script" || kind === "flow" ? "Can read and run" : "Can read",
                },
                { value: "write", label: "Can write" },
              ]}
              first="read"
              nobody="Nobody else."
              fixed={!may}
              onGive={(who, right) => give.mutate({ who, write: right === "write" })}
              onTake={(who) => take.mutate(who)}
            />
          )}
        </section>
      </div>
    </Dialog>
  );
}

/** Opens the dialog from a row. */
export function AccessAction({ kind, item }: Omit<AccessDialogProps, "onClose">) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={`Access to ${item.path}`}
        title="Who may read and change it"
        onClick={() => setOpen(true)}
      >
        <UsersRound />
      </Button>
      {open && <AccessDialog kind={kind} item={item} onClose={() => setOpen(false)} />}
    </>
  );
}
