import { useQueryClient } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useEffect, useRef } from "react";
import { useConnectionLost } from "@/api/connection";

/** Says that the page may be out of date for as long as no server answers; then everything shown is read anew. */
export function ConnectionNotice() {
  const lost = useConnectionLost();
  const before = useRef(lost);
  const client = useQueryClient();
  useEffect(() => {
    if (before.current && !lost) void client.invalidateQueries();
    before.current = lost;
  }, [lost, client]);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-60 flex justify-center px-4 text-sm"
    >
      {lost && (
        <p className="pointer-events-auto flex items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2 shadow-float">
          <LoaderCircle className="size-4 shrink-0 animate-spin text-warning" aria-hidden />
          <span>
            <span className="font-medium">The server cannot be reached.</span>{" "}
            <span className="text-muted">What you see may be out of date; trying again…</span>
          </span>
        </p>
      )}
    </div>
  );
}
