import { useLocation, useNavigate } from "@tanstack/react-router";
import { Link2, Play } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import type { Args, Schema } from "@/api/types";
import { InputsPanel } from "@/features/inputs/inputs-panel";
import { AccessDialog } from "@/features/people/access-dialog";
import type { RunnableRef } from "@/features/schema-form/context";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { argsToHash, hashToArgs, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { isPrivate, type WritableItem } from "@/features/session/rights";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { copyText } from "@/ui/copy";
import { focusFirstInvalid } from "@/ui/focus";
import { Card } from "@/ui/page";
import { tellDone, tellNote } from "@/ui/toast";
import { KINDS, type Kind } from "./kinds";
import { RecentRuns } from "./recent-runs";
import { type LaterOptions, RunLater } from "./run-later";

const Markdown = lazy(() => import("@/features/results/markdown"));

type Props = {
  kind: Kind;
  item: WritableItem;
  schema: Schema | null | undefined;
  description?: string;
  /** What fills the dynamic choices of the form, where something does. */
  runnable?: RunnableRef;
  defaultTag: string;
  /** One version is looked at: it runs at once, as it is. */
  pinned: boolean;
  /** Starts it and answers with the run's id. */
  onStart: (args: Args, options: LaterOptions) => Promise<string>;
};

/** The form of a script or a flow, with inputs used before and the runs of late. */
export function RunTab(props: Props) {
  const { kind, item, schema, description, runnable, defaultTag, pinned, onStart } = props;
  const { path } = item;
  const { wire } = KINDS[kind];
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const { hash } = useLocation();
  const [args, setArgs] = useState<Args>(() => initialArgs(schema, hashToArgs(hash)));
  const [tried, setTried] = useState(false);
  const [showsAccess, setShowsAccess] = useState(false);
  const errors = useMemo(() => validate(schema, args), [schema, args]);
  const invalid = Object.keys(errors).length > 0;
  const run = useChange({
    run: (options: LaterOptions) => onStart(sendable(args, schema), options),
    after: (id) => navigate({ to: "/w/$workspace/run/$id", params: { workspace, id } }),
  });
  const start = (options: LaterOptions = {}) => {
    setTried(true);
    if (invalid) {
      focusFirstInvalid();
      return;
    }
    run.mutate(options);
  };
  const share = () => {
    const fragment = argsToHash(args);
    const url = `${window.location.origin}${window.location.pathname}${fragment ? `#${fragment}` : ""}`;
    void copyText(url).then(() => {
      if (isPrivate(item)) {
        tellNote(
          "Link copied, for you alone",
          `Nobody but you and administrators may open this ${kind} yet.`,
          {
            label: "Give access",
            onClick: () => setShowsAccess(true),
          },
        );
      } else tellDone("Link copied", "It opens this form with the inputs filled in.");
    });
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="flex min-w-0 flex-col gap-4">
        {description && (
          <Suspense fallback={null}>
            <Markdown text={description} className="text-muted" />
          </Suspense>
        )}
        <Card>
          <form
            id="run-form"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              start();
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
            }}
          >
            <div className="p-4 sm:p-5">
              {Object.keys(schema?.properties ?? {}).length === 0 ? (
                <p className="text-sm text-muted">This {kind} takes no inputs.</p>
              ) : (
                <SchemaForm
                  schema={schema}
                  args={args}
                  onArgs={setArgs}
                  workspace={workspace}
                  runnable={runnable}
                  errors={errors}
                  showMissing={tried}
                />
              )}
            </div>
            <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
              <Button variant="ghost" onClick={share}>
                <Link2 /> Share link
              </Button>
              <div className="flex items-center gap-3">
                {tried && invalid && <span className="text-xs text-danger">Check the marked inputs.</span>}
                <div className="flex">
                  <Button
                    type="submit"
                    variant="primary"
                    size="lg"
                    busy={run.isPending}
                    className={cn("h-9 text-sm", !pinned && "rounded-r-none")}
                  >
                    {!run.isPending && <Play />} Run
                  </Button>
                  {!pinned && <RunLater onRun={start} busy={run.isPending} defaultTag={defaultTag} />}
                </div>
              </div>
            </footer>
          </form>
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <InputsPanel
          workspace={workspace}
          path={path}
          kind={wire}
          args={args}
          onUse={(given) => setArgs(initialArgs(schema, given))}
        />
        <RecentRuns path={path} kind={kind} />
      </div>
      {showsAccess && <AccessDialog kind={kind} item={item} onClose={() => setShowsAccess(false)} />}
    </div>
  );
}
