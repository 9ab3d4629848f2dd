import { Link } from "@tanstack/react-router";
import type { Schema } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Snippet } from "@/ui/copy";
import { apiExamples } from "./api-examples";
import type { Kind } from "./kinds";

/** How programs start a script or flow: what to send, and which token is enough for it. */
export function ApiTab({ kind, item }: { kind: Kind; item: { path: string; schema?: Schema | null } }) {
  const workspace = useWorkspace();
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <p className="text-sm text-muted">
        Anything that speaks HTTP can start this {kind}. Make a token under{" "}
        <Link to="/w/$workspace/account" params={{ workspace }} className="text-accent-text hover:underline">
          Account &amp; tokens
        </Link>
        ; a scope of{" "}
        <code className="font-mono text-xs">
          jobs:run:{kind}s:{item.path}
        </code>{" "}
        allows just this.
      </p>
      {apiExamples(window.location.origin, workspace, kind, item).map((example) => (
        <section key={example.title}>
          <h3 className="text-sm font-semibold">{example.title}</h3>
          <p className="mb-2 text-xs text-muted">{example.explanation}</p>
          <Snippet code={example.code} />
        </section>
      ))}
    </div>
  );
}
