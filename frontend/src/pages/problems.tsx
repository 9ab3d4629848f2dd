import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
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

export function CrashPage({ error, reset }: ErrorComponentProps) {
  return (
    <div className="flex min-h-full flex-col items-center justify-center">
      <ErrorState error={error} retry={reset} className="pb-4" />
      <Button variant="link" asChild>
        <Link to="/workspaces">All workspaces</Link>
      </Button>
    </div>
  );
}
