import { useQuery } from "@tanstack/react-query";
import { accountQuery, useWorkspace, workspacesQuery } from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Card, CardHeader } from "@/ui/page";
import { tellError } from "@/ui/toast";
import { archiveWorkspace, deleteWorkspace } from "./settings";

const ROW = "flex items-center justify-between gap-x-4 gap-y-2 p-4 max-sm:flex-col max-sm:items-stretch";

/** How a workspace ends. */
export function EndCard() {
  const workspace = useWorkspace();
  const { data: account } = useQuery(accountQuery);
  const list = useQuery(workspacesQuery);
  const confirm = useConfirm();
  const current = list.data?.workspaces.find((known) => known.id === workspace);
  const leave = async (
    action: () => Promise<unknown>,
    question: { title: string; body: string; action: string },
  ) => {
    if (!(await confirm(question))) return;
    try {
      await action();
      window.location.assign("/workspaces");
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <Card className="border-danger-solid/30">
      <CardHeader title="Archive or delete" />
      <div className={ROW}>
        <div>
          <div className="text-sm font-medium">Archive</div>
          <p className="text-xs text-muted">
            Nothing runs and nobody enters; everything is kept and can be brought back.
          </p>
        </div>
        <Button
          variant="danger-ghost"
          onClick={() =>
            void leave(() => archiveWorkspace(workspace), {
              title: `Archive ${current?.name ?? workspace}?`,
              body: "A super admin can bring it back.",
              action: "Archive",
            })
          }
        >
          Archive workspace
        </Button>
      </div>
      {account?.super_admin && (
        <div className={cn(ROW, "border-t border-line")}>
          <div>
            <div className="text-sm font-medium">Delete</div>
            <p className="text-xs text-muted">
              Scripts, runs, variables and everything else in it are deleted.
            </p>
          </div>
          <Button
            variant="danger-ghost"
            onClick={() =>
              void leave(() => deleteWorkspace(workspace), {
                title: `Delete ${current?.name ?? workspace} for good?`,
                body: "Everything in the workspace is deleted. This cannot be undone.",
                action: "Delete for good",
              })
            }
          >
            Delete workspace
          </Button>
        </div>
      )}
    </Card>
  );
}
