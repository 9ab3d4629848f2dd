import { useQuery } from "@tanstack/react-query";
import { useChange } from "@/ui/change";
import { Card, CardHeader, Facts } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { closeWorkspaces, startSettingsQuery, workspacesClosedQuery } from "./settings";
import { SigningCard } from "./signing-card";
import { groupSettings } from "./start-settings";

/** What holds for the whole instance: what is chosen here, and what the server was started with. */
export function InstanceSettingsTab() {
  const closed = useQuery(workspacesClosedQuery);
  const started = useQuery(startSettingsQuery);
  const choose = useChange({
    run: closeWorkspaces,
    done: (only) => [only ? "Only super admins make workspaces" : "Everybody may make workspaces"],
    touches: [workspacesClosedQuery.queryKey],
  });
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <Card>
        <CardHeader title="Workspaces" />
        <div className="flex items-start justify-between gap-4 p-4">
          <label htmlFor="only-superadmins" className="text-sm font-medium">
            Only super admins make workspaces
            <span className="block text-xs font-normal text-muted">
              Otherwise everybody with an account may, and administers what they make.
            </span>
          </label>
          {closed.isPending ? (
            <Skeleton className="h-4.5 w-8" />
          ) : (
            <Switch
              id="only-superadmins"
              checked={choose.isPending ? choose.variables : closed.data !== false}
              disabled={choose.isPending || closed.isError}
              onCheckedChange={(only) => choose.mutate(only)}
            />
          )}
        </div>
      </Card>
      <SigningCard />
      {started.isError && <ErrorState error={started.error} retry={() => void started.refetch()} />}
      {started.isPending && <Skeleton className="h-96" />}
      {started.data &&
        groupSettings(started.data).map(([title, settings]) => (
          <Card key={title}>
            <CardHeader title={title}>
              {title === "Server" && "What this server was started with; changed in its environment."}
            </CardHeader>
            <Facts
              className="p-4"
              items={settings.map(({ name, variable, value }) => [
                name,
                <span key={name} className="flex flex-wrap justify-between gap-x-4">
                  <span className="break-all">{value}</span>
                  <code className="font-mono text-2xs leading-5 text-faint max-sm:hidden">{variable}</code>
                </span>,
              ])}
            />
          </Card>
        ))}
    </div>
  );
}
