import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { CircleAlert, Eye, EyeOff } from "lucide-react";
import { type FormEvent, useState } from "react";
import { isStatus } from "@/api/client";
import { signIn, statusQuery } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Logo } from "@/ui/logo";

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

  const submit = async (event: FormEvent) => {
    event.preventDefault();
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
    <div className="flex min-h-full flex-col items-center justify-center px-4 py-12">
      <main className="w-full max-w-[360px]">
        <div className="mb-6 flex flex-col items-center text-center">
          <Logo className="mb-4 size-11" />
          <h1 className="text-xl font-semibold tracking-[-0.01em]">Sign in to Postmill</h1>
          <p className="mt-1 text-sm text-muted">Scripts that your whole team can run.</p>
        </div>
        <form
          onSubmit={submit}
          className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-6 shadow-card"
        >
          {problem && (
            <div role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
              <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {problem}
            </div>
          )}
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
        </form>
        {status && !status.first_start_done && (
          <p className="mt-4 rounded-md border border-line bg-sunken px-3 py-2.5 text-xs text-muted text-pretty">
            <strong className="text-text">First start.</strong> Postmill printed the address and the first
            administrator’s e-mail and password where you started it.
          </p>
        )}
      </main>
      {status && (
        <p className="mt-6 text-xs text-faint">Postmill {status.version.replace(/^Postmill /, "")}</p>
      )}
    </div>
  );
}
