import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobListQuery } from "@/features/jobs/jobs";
import { jobStatus, StatusIcon } from "@/features/jobs/status";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Card, CardHeader } from "@/ui/page";
import { duration, RelativeTime } from "@/ui/time";
import type { Kind } from "./kinds";

const SHOWN = 8;

/** The latest runs of one script or flow; nothing while there are none. */
export function RecentRuns({ path, kind }: { path: string; kind: Kind }) {
  const workspace = useWorkspace();
  const list = useInfiniteQuery(jobListQuery(workspace, { path, kinds: kind }));
  const jobs = list.data?.pages[0]?.slice(0, SHOWN) ?? [];
  if (jobs.length === 0) return null;
  return (
    <Card>
      <CardHeader
        title="Recent runs"
        actions={
          <Button variant="ghost" size="sm" asChild>
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ path }}>
              All
            </Link>
          </Button>
        }
      />
      <ul className="divide-y divide-line">
        {jobs.map((job) => (
          <li key={job.id}>
            <Link
              to="/w/$workspace/run/$id"
              params={{ workspace, id: job.id }}
              className="flex items-center gap-2.5 px-4 py-2 text-sm hover:bg-hover/60"
            >
              <StatusIcon status={jobStatus(job)} className="size-3.5" />
              <span className="min-w-0 flex-1 truncate text-muted">
                <RelativeTime at={job.created_at} /> by {job.created_by}
              </span>
              <span className="text-xs text-faint tabular-nums">
                {job.type === "CompletedJob" ? duration(job.duration_ms) : "…"}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
