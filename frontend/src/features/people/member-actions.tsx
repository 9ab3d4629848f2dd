import { Ellipsis, HandHelping, KeyRound, LogOut, Trash2, UserRound } from "lucide-react";
import type { Member } from "@/api/types";
import { forgetWorkspace, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ConfirmedItem, useConfirm } from "@/ui/confirm";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { leaveWorkspace, removeMember, updateMember } from "./members";

/** How somebody leaves: their items stay, and their access ends. */
export function LeaveAction() {
  const workspace = useWorkspace();
  const confirm = useConfirm();
  const leave = useChange({
    run: () => leaveWorkspace(workspace),
    after: () => {
      forgetWorkspace();
      window.location.assign("/workspaces");
    },
  });
  return (
    <Button
      variant="ghost"
      size="sm"
      busy={leave.isPending}
      onClick={async () => {
        const yes = await confirm({
          title: `Leave ${workspace}?`,
          body: "You lose access at once, and come back only when an administrator adds you. What you made stays.",
          action: "Leave",
          otherwise: "Stay",
        });
        if (yes) leave.mutate();
      }}
    >
      <LogOut />
      <span className="max-sm:sr-only">Leave</span>
    </Button>
  );
}

/** What administrators do with a member. */
export function MemberActions({
  member,
  onHandOver,
  onTokens,
}: {
  member: Member;
  onHandOver: () => void;
  onTokens: () => void;
}) {
  const workspace = useWorkspace();
  const { username, disabled } = member;
  const touches = [["w", workspace, "members"]];
  const change = useChange({
    run: () => updateMember(workspace, username, { disabled: !disabled }),
    touches,
  });
  const drop = useChange({
    run: () => removeMember(workspace, username),
    done: () => ["Member removed", username],
    touches,
  });
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={`More about ${username}`}>
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent>
        {member.is_service_account && (
          <MenuItem icon={<KeyRound />} onSelect={onTokens}>
            Tokens
          </MenuItem>
        )}
        <MenuItem icon={<UserRound />} onSelect={() => change.mutate()}>
          {disabled ? "Enable" : "Disable"}
        </MenuItem>
        <MenuItem icon={<HandHelping />} onSelect={onHandOver}>
          Hand over what they own
        </MenuItem>
        {!member.added_via && (
          <>
            <MenuSeparator />
            <ConfirmedItem
              icon={<Trash2 />}
              question={{
                title: `Remove ${username} from the workspace?`,
                body: member.is_service_account
                  ? "The service account and its tokens end at once. Scripts and other items stay."
                  : "The person loses access at once. Scripts and other items stay.",
                action: "Remove",
              }}
              onAgree={() => drop.mutate()}
            >
              Remove
            </ConfirmedItem>
          </>
        )}
      </MenuContent>
    </Menu>
  );
}
