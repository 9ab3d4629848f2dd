import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { resetPassword } from "@/features/instance/users";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { OutsideForm, OutsidePage } from "@/ui/outside-page";

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
          <Field label="New password">
            <Input
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              className="h-9"
            />
          </Field>
          <Field label="Once more" error={differs ? "The two are not the same." : undefined}>
            <Input
              type="password"
              autoComplete="new-password"
              required
              value={again}
              onChange={(event) => setAgain(event.target.value)}
              className="h-9"
            />
          </Field>
          <Button
            type="submit"
            variant="primary"
            size="lg"
            busy={save.isPending}
            disabled={!token || !password || differs || !again}
            className="mt-1 h-9 text-sm"
          >
            Change password
          </Button>
        </OutsideForm>
      )}
    </OutsidePage>
  );
}
