import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { TokenDialog } from "@/features/people/token-dialog";
import { deleteToken, setPassword, tokensQuery } from "@/features/people/tokens";
import { accountQuery, useMember } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, CardHeader, Facts, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Segmented } from "@/ui/tabs";
import { setTheme, useThemeChoice } from "@/ui/theme";
import { RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";

function Password() {
  const [password, setText] = useState("");
  const [again, setAgain] = useState("");
  const save = useMutation({
    mutationFn: () => setPassword(password),
    onSuccess: () => {
      tellDone("Password changed", "Other sessions were ended.");
      setText("");
      setAgain("");
    },
    onError: tellError,
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
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(tokensQuery);
  const drop = useMutation({
    mutationFn: deleteToken,
    onSuccess: () => {
      tellDone("Token deleted");
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows rows={3} />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  if (list.data.length === 0) {
    return (
      <EmptyState icon={KeyRound} title="No tokens">
        A token lets another program act as you, with all your rights or some of them.
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <Th>Label</Th>
          <Th>Rights</Th>
          <Th className="hidden sm:table-cell">Last used</Th>
          <Th className="hidden sm:table-cell">Expires</Th>
          <Th className="w-12" aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {list.data.map((token) => (
          <Tr key={token.token_prefix}>
            <Td>
              <span className="block font-medium">{token.label || "No label"}</span>
              <span className="block font-mono text-xs text-faint">{token.token_prefix}…</span>
            </Td>
            <Td className="max-w-72">
              <span className="flex flex-wrap gap-1">
                {token.scopes?.map((scope) => (
                  <Badge key={scope} tone="outline" className="font-mono">
                    {scope}
                  </Badge>
                )) ?? <Badge>all</Badge>}
                {token.read_only && <Badge>read only</Badge>}
                {token.workspace_id && <Badge tone="accent">{token.workspace_id}</Badge>}
              </span>
            </Td>
            <Td className="hidden whitespace-nowrap text-xs text-muted sm:table-cell">
              <RelativeTime at={token.last_used_at} />
            </Td>
            <Td className="hidden whitespace-nowrap text-xs text-muted sm:table-cell">
              {token.expiration ? <RelativeTime at={token.expiration} /> : "never"}
            </Td>
            <Td>
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Delete the token ${token.label ?? token.token_prefix}`}
                onClick={async () => {
                  const yes = await confirm({
                    title: `Delete the token ${token.label || token.token_prefix}?`,
                    body: "Programs that use it are refused from then on.",
                    action: "Delete",
                  });
                  if (yes) drop.mutate(token.token_prefix);
                }}
              >
                <Trash2 />
              </Button>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
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
                ["E-mail", account?.email ?? "—"],
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
