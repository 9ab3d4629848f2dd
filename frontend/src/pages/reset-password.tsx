import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { resetPassword } from "@/features/instance/users";
import { Button } from "@/ui/button";
import { OutsideField, OutsideForm, OutsidePage, OutsideSubmit } from "@/ui/outside-page";

/** Where a link for a new password leads; its token stands behind the # and reaches no log. */
export default function ResetPasswordPage() {
  const token = window.location.hash.slice(1);
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const save = useMutation({ mutationFn: () => resetPassword(token, password) });
  const differs = again !== "" && again !== password;
  const problem = !token
    ? "This address lacks the part behind #. Open the whole link."
    : save.error
      ? save.error.message
      : null;
  return (
    <OutsidePage title="Choose a new password" description="All your sessions end; sign in again afterwards.">
      {save.isSuccess ? (
        <div className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-6 text-center shadow-card">
          <p role="status" className="text-sm">
            The password is changed.
          </p>
          <Button variant="primary" size="lg" className="h-9 text-sm" asChild>
            <Link to="/login" search={{}}>
              Sign in
            </Link>
          </Button>
        </div>
      ) : (
        <OutsideForm
          problem={problem}
          onSubmit={() => {
            if (!differs) save.mutate();
          }}
        >
          <OutsideField
            label="New password"
            type="password"
            autoComplete="new-password"
            autoFocus
            value={password}
            onValue={setPassword}
          />
          <OutsideField
            label="Once more"
            type="password"
            autoComplete="new-password"
            error={differs ? "The two are not the same." : undefined}
            value={again}
            onValue={setAgain}
          />
          <OutsideSubmit busy={save.isPending} disabled={!token || !password || differs || !again}>
            Change password
          </OutsideSubmit>
        </OutsideForm>
      )}
    </OutsidePage>
  );
}
