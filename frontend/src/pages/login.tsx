import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { isStatus } from "@/api/client";
import { signIn, statusQuery } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { OutsideForm, OutsidePage } from "@/ui/outside-page";

function safeTarget(to: string | undefined): string {
  // Only addresses of this application: "//host" and "/\host" would leave it.
  return to && /^\/(?![/\\])/.test(to) ? to : "/";
}

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
      window.location.replace(safeTarget(to));
    } catch (error) {
      setProblem(
        isStatus(error, 400, 401, 404)
          ? "The e-mail address or the password is not right."
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
        <Field label="Email">
          <Input
            type="email"
            name="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            className="h-9"
          />
        </Field>
        <div className="relative">
          <Field label="Password">
            <Input
              type={shown ? "text" : "password"}
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              className="h-9 pr-9"
            />
          </Field>
          <button
            type="button"
            aria-label={shown ? "Hide characters" : "Show characters"}
            onClick={() => setShown(!shown)}
            className="absolute bottom-1 right-1 rounded p-1.5 text-faint hover:text-text"
          >
            {shown ? <EyeOff className="size-4" /> : <Eye className="size-4" />}
          </button>
        </div>
        <Button type="submit" variant="primary" size="lg" busy={busy} className="mt-1 h-9 text-sm">
          Sign in
        </Button>
      </OutsideForm>
      {status?.first_start_done && (
        <p className="mt-4 text-center text-xs text-muted">
          Forgotten your password? A super admin can give you a link for a new one.
        </p>
      )}
      {status && !status.first_start_done && (
        <p className="mt-4 rounded-md border border-line bg-sunken px-3 py-2.5 text-xs text-muted text-pretty">
          <strong className="text-text">First start.</strong> Postmill printed the address and the first
          administrator’s e-mail and password where you started it.
        </p>
      )}
    </OutsidePage>
  );
}
