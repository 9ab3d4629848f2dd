import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { isStatus } from "@/api/client";
import { signIn, statusQuery } from "@/features/session/session";
import { ownTarget } from "@/features/session/target";
import { OutsideField, OutsideForm, OutsidePage, OutsideSubmit } from "@/ui/outside-page";

export default function LoginPage() {
  const { to } = useSearch({ strict: false }) as { to?: string };
  const { data: status } = useQuery(statusQuery);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(email.trim(), password);
      // A fresh document: nothing that another person loaded stays in memory.
      window.location.replace(ownTarget(to));
    } catch (error) {
      setProblem(
        isStatus(error, 400, 401, 404)
          ? "The email address or the password is not right."
          : error instanceof Error
            ? error.message
            : String(error),
      );
      setBusy(false);
    }
  };

  return (
    <OutsidePage
      title="Sign in to Postmill"
      description="Scripts and flows that your whole team can run."
      footer={
        status && (
          <p className="mt-6 text-xs text-faint">Postmill {status.version.replace(/^Postmill /, "")}</p>
        )
      }
    >
      <OutsideForm problem={problem} onSubmit={() => void submit()}>
        <OutsideField
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          value={email}
          onValue={setEmail}
        />
        <div className="relative">
          <OutsideField
            label="Password"
            type={shown ? "text" : "password"}
            name="password"
            autoComplete="current-password"
            value={password}
            onValue={setPassword}
            className="pr-9"
          />
          <button
            type="button"
            aria-label={shown ? "Hide characters" : "Show characters"}
            onClick={() => setShown(!shown)}
            className="absolute bottom-1 right-1 rounded p-1.5 text-faint hover:text-text"
          >
            {shown ? <EyeOff className="size-4" /> : <Eye className="size-4" />}
          </button>
        </div>
        <OutsideSubmit busy={busy}>Sign in</OutsideSubmit>
      </OutsideForm>
      {status?.first_start_done && (
        <p className="mt-4 text-center text-xs text-muted">
          Forgotten your password? A super admin can give you a link for a new one.
        </p>
      )}
      {status && !status.first_start_done && (
        <p className="mt-4 rounded-md border border-line bg-sunken px-3 py-2.5 text-xs text-muted text-pretty">
          <strong className="text-text">First start.</strong> Postmill printed the address and the first
          administrator’s email and password where you started it.
        </p>
      )}
    </OutsidePage>
  );
}
