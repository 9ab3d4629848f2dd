import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useEffect, useRef } from "react";
import { isStatus } from "@/api/client";
import { answers, useConnectionLost } from "@/api/connection";
import { Button } from "@/ui/button";
import { EmptyState, ErrorState } from "@/ui/states";

export function MissingPage() {
  return (
    <div className="flex min-h-full items-center justify-center">
      <EmptyState
        icon={Compass}
        title="This page does not exist"
        action={
          <Button asChild>
            <Link to="/">Go home</Link>
          </Button>
        }
      >
        The address may be mistyped, or the thing it named was moved or deleted.
      </EmptyState>
    </div>
  );
}

async function reloadWhenAnswered(): Promise<void> {
  if (await answers()) window.location.reload();
}

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const lost = useConnectionLost();
  const wasLost = useRef(false);
  const unreached = isStatus(error, 0);
  useEffect(() => {
    // The code of a page that failed to load is not asked for again but by loading the address.
    if (wasLost.current && !lost && unreached) window.location.reload();
    wasLost.current = lost;
  }, [lost, unreached]);
  return (
    <div className="flex min-h-full flex-col items-center justify-center">
      <ErrorState
        error={error}
        retry={unreached ? () => void reloadWhenAnswered() : reset}
        className="pb-4"
      />
      <Button variant="link" asChild>
        <Link to="/workspaces">All workspaces</Link>
      </Button>
    </div>
  );
}
