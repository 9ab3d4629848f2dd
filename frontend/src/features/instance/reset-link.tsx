import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Input } from "@/ui/input";
import { ErrorState, Skeleton } from "@/ui/states";
import { exactTime } from "@/ui/time";
import { makeResetLink } from "./users";

/** Makes a link with which somebody chooses a new password, and shows it once. */
export function ResetLink({ email, onClose }: { email: string; onClose: () => void }) {
  const make = useMutation({ mutationFn: () => makeResetLink(email) });
  const { mutate } = make;
  useEffect(() => mutate(), [mutate]);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Link for a new password"
      description={email}
    >
      {make.isPending && <Skeleton className="h-20" />}
      {make.isError && <ErrorState error={make.error} retry={() => mutate()} />}
      {make.data && (
        <div className="flex flex-col gap-3">
          <div className="flex items-center gap-2">
            <Input readOnly aria-label="Link" value={make.data.url} className="font-mono text-xs" />
            <CopyButton text={make.data.url} label="Copy link" />
          </div>
          <p className="text-sm text-muted text-pretty">
            Pass it on to the person alone. It works once, until {exactTime(make.data.expires_at)}, and is not
            shown again. The present password works until then.
          </p>
        </div>
      )}
    </Dialog>
  );
}
