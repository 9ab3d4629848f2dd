import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { TokenDialog } from "@/features/people/token-dialog";
import { deleteToken, setPassword, tokensQuery } from "@/features/people/tokens";
import { accountQuery, useMember } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card, CardHeader, Facts, Page } from "@/ui/page";
import { DeleteAction } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { setTheme, useThemeChoice } from "@/ui/theme";
import { RelativeTime } from "@/ui/time";

function Password() {
  const [password, setText] = useState("");
  const [again, setAgain] = useState("");
  const save = useChange({
    run: () => setPassword(password),
    done: () => ["Password changed", "Other sessions were ended."],
    after: () => {
      setText("");
      setAgain("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const differs = again !== "" && again !== password;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      <Field label="New password">
        <Input
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <Field label="Once more" error={differs ? "The two are not the same." : null}>
        <Input
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={(event) => setAgain(event.target.value)}
        />
      </Field>
      <Button
        type="submit"
        className="self-start"
        busy={save.isPending}
        disabled={!password || password !== again}
      >
        Change password
      </Button>
    </form>
  );
}

function Tokens() {
  const list = useQuery(tokensQuery);
  const drop = useChange({ run: deleteToken, done: () => ["Token deleted"], touches: [["tokens"]] });
  return (
    <ListTable
      list={list}
      keyOf={(token) => token.token_prefix}
      rows={3}
      empty={
        <EmptyState icon={KeyRound} title="No tokens">
          A token lets another program act as you, with all your rights or some of them.
        </EmptyState>
      }
      columns={[
        {
          head: "Label",
          cell: (token) => (
            <>
              <span className="block font-medium">{token.label || "No label"}</span>
              <span className="block font-mono text-xs text-faint">{token.token_prefix}…</span>
            </>
          ),
        },
        {
          head: "Rights",
          look: "max-w-72",
          cell: (token) => (
            <span className="flex flex-wrap gap-1">
              {token.scopes?.map((scope) => (
                <Badge key={scope} tone="outline" className="font-mono">
                  {scope}
                </Badge>
              )) ?? <Badge>all</Badge>}
              {token.read_only && <Badge>read only</Badge>}
              {token.workspace_id && <Badge tone="accent">{token.workspace_id}</Badge>}
            </span>
          ),
        },
        {
          head: "Last used",
          className: "hidden sm:table-cell",
          look: "whitespace-nowrap text-xs text-muted",
          cell: (token) => <RelativeTime at={token.last_used_at} />,
        },
        {
          head: "Expires",
          className: "hidden sm:table-cell",
          look: "whitespace-nowrap text-xs text-muted",
          cell: (token) => (token.expiration ? <RelativeTime at={token.expiration} /> : "never"),
        },
        {
          head: "",
          className: "w-12",
          cell: (token) => (
            <DeleteAction
              name={`the token ${token.label ?? token.token_prefix}`}
              question={`Delete the token ${token.label || token.token_prefix}?`}
              consequence="Programs that use it are refused from then on."
              onDelete={() => drop.mutate(token.token_prefix)}
            />
          ),
        },
      ]}
    />
  );
}

export default function AccountPage() {
  const { data: account } = useQuery(accountQuery);
  const member = useMember();
  const theme = useThemeChoice();
  const [making, setMaking] = useState(false);
  return (
    <Page title="Account & tokens" description={account?.email}>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
        <Card className="overflow-hidden">
          <CardHeader
            title="Tokens"
            actions={
              <Button size="sm" variant="primary" onClick={() => setMaking(true)}>
                <Plus /> New token
              </Button>
            }
          />
          <Tokens />
        </Card>
        <div className="flex flex-col gap-4">
          <Card>
            <CardHeader title="You" />
            <Facts
              className="p-4"
              items={[
                ["Email", account?.email ?? "—"],
                ["User name", member?.username ?? "—"],
                ["Role here", member?.is_admin ? "Admin" : member?.operator ? "Operator" : "Developer"],
                ["Instance", account?.super_admin ? "Super admin" : "User"],
              ]}
            />
            <div className="border-t border-line p-4">
              <Segmented
                label="Theme"
                value={theme}
                onValue={setTheme}
                options={[
                  { value: "system", label: "System" },
                  { value: "light", label: "Light" },
                  { value: "dark", label: "Dark" },
                ]}
              />
            </div>
          </Card>
          {account?.login_type === "password" && (
            <Card>
              <CardHeader title="Password" />
              <Password />
            </Card>
          )}
        </div>
      </div>
      {making && <TokenDialog onClose={() => setMaking(false)} />}
    </Page>
  );
}
