import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Archive, Bell, BellOff, Copy, Ellipsis, Trash2, UsersRound } from "lucide-react";
import { useState } from "react";
import { AccessDialog } from "@/features/people/access-dialog";
import { useMayWrite, type WritableItem } from "@/features/session/rights";
import { useMember, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ConfirmedItem } from "@/ui/confirm";
import { copyText } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { tellDone, tellError } from "@/ui/toast";
import { ARCHIVING, KINDS, type Kind } from "./kinds";
import { muteErrorHandler } from "./mute";

type Props = {
  kind: Kind;
  item: WritableItem & { ws_error_handler_muted?: boolean | null };
  develop: boolean;
  onArchive: () => Promise<unknown>;
  onDelete: () => Promise<unknown>;
  /** What only one kind offers. */
  children?: React.ReactNode;
};

/** What else can be done with a deployed script or flow. */
export function PageMenu({ kind, item, develop, onArchive, onDelete, children }: Props) {
  const { path } = item;
  const writable = useMayWrite()(item);
  const [showsAccess, setShowsAccess] = useState(false);
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const member = useMember();
  const { title, add } = KINDS[kind];
  const muted = Boolean(item.ws_error_handler_muted);
  const mute = useChange({
    run: () => muteErrorHandler(workspace, kind, path, !muted),
    done: () => [muted ? "Failed runs are told again" : "Failed runs are not told any more", path],
    touches: [["w", workspace, `${kind}s`]],
  });
  const leave = async (action: Promise<unknown>, told: string) => {
    try {
      await action;
      tellDone(told, path);
      await client.invalidateQueries({ queryKey: ["w", workspace, `${kind}s`] });
      await navigate({ to: "/w/$workspace", params: { workspace } });
    } catch (error) {
      tellError(error);
    }
  };
  const isAdmin = Boolean(member?.is_admin || member?.is_super_admin);
  return (
    <>
      {showsAccess && <AccessDialog kind={kind} item={item} onClose={() => setShowsAccess(false)} />}
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label="More actions">
            <Ellipsis />
          </Button>
        </MenuTrigger>
        <MenuContent>
          {develop && (
            <MenuItem
              icon={<Copy />}
              onSelect={() => void navigate({ to: add, params: { workspace }, search: { from: path } })}
            >
              Duplicate
            </MenuItem>
          )}
          {children}
          <MenuItem
            icon={<Copy />}
            onSelect={() => void copyText(path).then(() => tellDone("Path copied", path))}
          >
            Copy path
          </MenuItem>
          <MenuItem icon={<UsersRound />} onSelect={() => setShowsAccess(true)}>
            Access
          </MenuItem>
          {writable && (
            <MenuItem icon={muted ? <Bell /> : <BellOff />} onSelect={() => mute.mutate()}>
              {muted ? "Tell the error handler" : "Keep from the error handler"}
            </MenuItem>
          )}
          {(writable || isAdmin) && <MenuSeparator />}
          {writable && (
            <ConfirmedItem
              icon={<Archive />}
              question={{ title: `Archive ${path}?`, body: ARCHIVING, action: "Archive" }}
              onAgree={() => void leave(onArchive(), `${title} archived`)}
            >
              Archive
            </ConfirmedItem>
          )}
          {isAdmin && (
            <ConfirmedItem
              icon={<Trash2 />}
              question={{
                title: `Delete ${path}?`,
                body: "All its versions are deleted; for three days they can be put back from the trash. Its runs stay.",
                action: "Delete",
              }}
              onAgree={() => void leave(onDelete(), `${title} deleted`)}
            >
              Delete
            </ConfirmedItem>
          )}
        </MenuContent>
      </Menu>
    </>
  );
}
