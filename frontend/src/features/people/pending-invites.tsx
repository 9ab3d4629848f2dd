import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Card, CardHeader } from "@/ui/page";
import { type Invitation, pendingInvitesQuery, withdrawInvite } from "./invitations";
import { ROLES, roleOf } from "./roles";

/** Those who were asked to join and have not answered; nothing where there are none. */
export function PendingInvites() {
  const workspace = useWorkspace();
  const { data } = useQuery(pendingInvitesQuery(workspace, true));
  const withdraw = useChange({
    run: (invitation: Invitation) => withdrawInvite(workspace, invitation),
    done: (invitation) => ["Invitation withdrawn", invitation.email],
    touches: [["w", workspace, "invites"]],
  });
  if (!data?.length) return null;
  return (
    <Card className="mt-4">
      <CardHeader title="Invited" />
      <ul className="divide-y divide-line">
        {data.map((invitation) => (
          <li key={invitation.email} className="flex items-center gap-3 px-4 py-2">
            <span className="min-w-0 flex-1 truncate text-sm">{invitation.email}</span>
            <Badge>{ROLES.find((role) => role.value === roleOf(invitation))?.label}</Badge>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`Withdraw the invitation of ${invitation.email}`}
              title="Withdraw"
              onClick={() => withdraw.mutate(invitation)}
            >
              <X />
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
