import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHeader } from "@/ui/page";
import { tellDone, tellError } from "@/ui/toast";
import { type Invitation, pendingInvitesQuery, withdrawInvite } from "./invitations";
import { ROLES, roleOf } from "./roles";

/** Those who were asked to join and have not answered; nothing where there are none. */
export function PendingInvites() {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const { data } = useQuery(pendingInvitesQuery(workspace, true));
  const withdraw = useMutation({
    mutationFn: (invitation: Invitation) => withdrawInvite(workspace, invitation),
    onSuccess: (_, invitation) => {
      tellDone("Invitation withdrawn", invitation.email);
      void client.invalidateQueries({ queryKey: ["w", workspace, "invites"] });
    },
    onError: tellError,
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
