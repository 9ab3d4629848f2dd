import { Columns2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Elapsed } from "@/features/jobs/elapsed";
import { JobOutcome } from "@/features/jobs/job-panel";
import { LogView } from "@/features/jobs/log-view";
import { type LiveJob, useJob } from "@/features/jobs/use-job";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { bytes, duration } from "@/ui/time";

type TestOutputProps = {
  workspace: string;
  live: LiveJob;
  jobId: string | null;
  /** The test before this one, whose result can be laid beside the new one. */
  previousId: string | null;
  running: boolean;
  onOpenLine?: (line: number) => void;
};

/** Log and result of the last test; the result before it stays beside it on request. */
export function TestOutput({ workspace, live, jobId, previousId, running, onOpenLine }: TestOutputProps) {
  const [shown, setShown] = useState<"result" | "log">("log");
  const [beside, setBeside] = useState(false);
  const done = live.job?.type === "CompletedJob";
  const previous = useJob(workspace, beside ? previousId : null);
  useEffect(() => {
    if (running) setShown("log");
  }, [running]);
  // What is streamed is read as it comes, like a result that is there.
  const streams = running && Boolean(live.stream);
  useEffect(() => {
    if (done || streams) setShown("result");
  }, [done, streams]);
  return (
    <Tabs
      value={shown}
      onValueChange={(next) => setShown(next === "result" ? "result" : "log")}
      className="flex min-h-0 flex-1 flex-col"
    >
      <div className="flex items-center justify-between border-b border-line px-4 pt-1">
        <TabsList className="border-0">
          <Tab value="log">Log</Tab>
          <Tab value="result">Result</Tab>
        </TabsList>
        <div className="flex items-center gap-2 pb-1">
          {running && shown === "log" && (
            <Badge tone="accent">
              <span className="tabular-nums">
                Running <Elapsed since={live.job?.started_at} />
              </span>
            </Badge>
          )}
          {live.job?.type === "CompletedJob" && shown === "log" && (
            <span className="text-xs text-muted tabular-nums" data-cost>
              {duration(live.job.duration_ms)}
              {live.memPeak ? ` · ${bytes(live.memPeak * 1024)}` : ""}
            </span>
          )}
          {previousId && shown === "result" && (
            <Button
              size="sm"
              variant={beside ? "secondary" : "ghost"}
              aria-pressed={beside}
              onClick={() => setBeside(!beside)}
            >
              <Columns2 /> Beside the last
            </Button>
          )}
        </div>
      </div>
      <TabPanel value="log" className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden">
        <LogView
          log={live.log}
          live={running}
          className="flex-1"
          empty={jobId ? undefined : "Test the script to see its log here (Ctrl+Enter)."}
        />
      </TabPanel>
      <TabPanel
        value="result"
        className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4 data-[state=inactive]:hidden"
      >
        {!jobId && <p className="text-sm text-muted">Test the script to see its result here (Ctrl+Enter).</p>}
        {jobId && !(beside && previousId) && (
          <JobOutcome workspace={workspace} live={live} onOpenLine={onOpenLine} />
        )}
        {jobId && beside && previousId && (
          <div className="grid gap-4 xl:grid-cols-2">
            <section aria-label="This test" className="min-w-0">
              <h3 className="mb-2 text-xs font-medium text-muted">This test</h3>
              <JobOutcome workspace={workspace} live={live} onOpenLine={onOpenLine} />
            </section>
            <section aria-label="The test before" className="min-w-0">
              <h3 className="mb-2 text-xs font-medium text-muted">The test before</h3>
              <JobOutcome workspace={workspace} live={previous} />
            </section>
          </div>
        )}
      </TabPanel>
    </Tabs>
  );
}
