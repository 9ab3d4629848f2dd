import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { memo, useMemo } from "react";
import type { CompletedJob } from "@/api/types";
import { resultQuery, resultUrl } from "@/features/jobs/jobs";
import { monacoLanguage } from "@/features/scripts/language";
import { scriptByHashQuery } from "@/features/scripts/scripts";
import { Button } from "@/ui/button";
import { ErrorState, Skeleton } from "@/ui/states";
import { bytes } from "@/ui/time";
import { ResultOriginContext } from "./error-result";
import { PagedTable } from "./paged-table";
import { ResultView } from "./result-view";
import { rowsPageQuery } from "./rows";

const PLAIN_VIEW = { sort: "", search: "", filters: [] };
// The server names results that are too large to travel with the run.
const TOO_BIG = "WINDMILL_TOO_BIG";

/** The result of a finished run; fetched when the run's record does not carry it. */
export function JobResult({
  workspace,
  job,
  onOpenLine,
}: {
  workspace: string;
  job: CompletedJob;
  onOpenLine?: (line: number) => void;
}) {
  // The hash of other kinds names something else: of a flow's run, the version of the flow.
  const needsCode = job.job_kind === "script" && !job.success && !job.raw_code && Boolean(job.script_hash);
  const script = useQuery({ ...scriptByHashQuery(workspace, job.script_hash ?? ""), enabled: needsCode });
  const code = job.raw_code ?? script.data?.content ?? null;
  const origin = useMemo(
    () => ({
      workspace,
      job: job.id,
      code,
      language: monacoLanguage(job.language),
      path: job.script_path,
      onOpenLine,
    }),
    [workspace, job.id, code, job.language, job.script_path, onOpenLine],
  );
  return (
    <ResultOriginContext value={origin}>
      <FetchedResult workspace={workspace} job={job} />
    </ResultOriginContext>
  );
}

/** A finished run does not change: what is around its result is drawn anew without it. */
const FetchedResult = memo(function FetchedResult({
  workspace,
  job,
}: {
  workspace: string;
  job: CompletedJob;
}) {
  const inline = job.result !== undefined && job.result !== TOO_BIG;
  const fetched = useQuery(resultQuery(workspace, job.id, !inline));
  const name = job.script_path?.split("/").pop() ?? "result";
  if (inline) return <ResultView value={job.result} name={name} columns={job.result_columns} />;
  if (fetched.isError) return <ErrorState error={fetched.error} retry={() => void fetched.refetch()} />;
  if (!fetched.data) return <Skeleton className="h-32" />;
  if (!fetched.data.truncated) return <ResultView value={fetched.data.value} name={name} />;
  const { size, beginning } = fetched.data;
  if (/^\s*\[\s*\{/.test(beginning)) {
    return (
      <PagedResult workspace={workspace} job={job.id} bytes={size ?? 0} name={name} fallback={beginning} />
    );
  }
  return <Beginning workspace={workspace} job={job} size={size ?? 0} beginning={beginning} name={name} />;
});

/** A list of objects too large to be fetched whole: the server reads it page by page. */
function PagedResult({
  workspace,
  job,
  bytes: total,
  name,
  fallback,
}: {
  workspace: string;
  job: string;
  bytes: number;
  name: string;
  fallback: string;
}) {
  const first = useQuery({ ...rowsPageQuery(workspace, job, "", PLAIN_VIEW, 0), retry: false });
  if (first.isPending) return <Skeleton className="h-64" />;
  if (first.isError) {
    return <pre className="max-h-96 overflow-auto font-mono text-xs">{fallback}…</pre>;
  }
  const reference = {
    postmill_rows: "",
    rows: first.data.total,
    bytes: total,
    columns: first.data.columns,
  };
  return <PagedTable workspace={workspace} job={job} reference={reference} name={name} />;
}

/** What can be shown of a result that is too large to be shown. */
function Beginning({
  workspace,
  job,
  size,
  beginning,
  name,
}: {
  workspace: string;
  job: CompletedJob;
  size: number;
  beginning: string;
  name: string;
}) {
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3 rounded-md bg-warning-soft px-3 py-2 text-sm">
        <span className="min-w-0 flex-1">
          The result{size ? ` is ${bytes(size)}` : ""}: too large to show whole. Its beginning is below;
          nothing was lost.
        </span>
        <Button size="sm" asChild>
          <a href={resultUrl(workspace, job.id)} download={`${name}.json`}>
            <Download /> Download all
          </a>
        </Button>
      </div>
      <pre className="thin-scroll max-h-96 overflow-auto whitespace-pre-wrap break-all rounded-md border border-line bg-sunken p-3 font-mono text-xs">
        {beginning}…
      </pre>
    </div>
  );
}
