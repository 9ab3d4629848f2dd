import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Dialog } from "@/ui/dialog";
import { SearchInput } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card } from "@/ui/page";
import { EmptyState } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { RelativeTime } from "@/ui/time";
import { logFileQuery, logFilesQuery } from "./service-logs";

/** What servers and workers of the instance logged, by process and minute. */
export function ServiceLogsTab() {
  const [onlyErrors, setOnlyErrors] = useState(false);
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState<string | null>(null);
  const list = useQuery(logFilesQuery(onlyErrors));
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-4">
        <SearchInput label="Search machines" value={search} onValue={setSearch} className="sm:max-w-80" />
        <label htmlFor="logs-with-errors" className="flex items-center gap-2 text-sm">
          <Switch id="logs-with-errors" checked={onlyErrors} onCheckedChange={setOnlyErrors} />
          With warnings or errors
        </label>
      </div>
      <Card className="overflow-hidden">
        <ListTable
          list={list}
          keyOf={(file) => file.file_path}
          search={search}
          text={(file) => `${file.hostname} ${file.mode} ${file.worker_group ?? ""}`}
          rows={6}
          empty={<EmptyState icon={ScrollText} title="Nothing was logged" />}
          columns={[
            {
              head: "Minute",
              className: "w-40",
              look: "whitespace-nowrap text-xs text-muted",
              cell: (file) => <RelativeTime at={file.log_ts} />,
            },
            {
              head: "Process",
              cell: (file) => (
                <Button variant="link" onClick={() => setShown(file.file_path)}>
                  {file.mode} on {file.hostname}
                </Button>
              ),
            },
            {
              head: "Group",
              className: "hidden sm:table-cell",
              cell: (file) => file.worker_group && <Badge tone="outline">{file.worker_group}</Badge>,
            },
            {
              head: "Lines",
              className: "w-48",
              cell: (file) => (
                <span className="flex flex-wrap gap-1">
                  <Badge>{file.ok_lines + file.err_lines}</Badge>
                  {file.err_lines > 0 && (
                    <Badge tone="warning">
                      {file.err_lines === 1 ? "1 warning or error" : `${file.err_lines} warnings or errors`}
                    </Badge>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Card>
      {shown && <LogFileDialog path={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function LogFileDialog({ path, onClose }: { path: string; onClose: () => void }) {
  const { data: lines } = useQuery(logFileQuery(path));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Log" description={path} width="960px">
      <ol className="max-h-[60vh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs">
        {lines?.map((line, place) => (
          <li key={place} className="flex gap-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
            <span className="shrink-0 text-faint">{line.time?.slice(11, 19)}</span>
            <span
              className={cn(
                line.level === "warning" && "text-warning",
                ["error", "critical"].includes(line.level) && "text-danger",
              )}
            >
              {line.text}
            </span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
