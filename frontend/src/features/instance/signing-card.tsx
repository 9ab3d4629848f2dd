import { useQuery } from "@tanstack/react-query";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { useConfirm } from "@/ui/confirm";
import { Card, CardHeader } from "@/ui/page";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { rotateSigningKey, signingKeysQuery } from "./settings";

/** The keys that sign what runs show to other services as their identity. */
export function SigningCard() {
  const keys = useQuery(signingKeysQuery);
  const confirm = useConfirm();
  const rotate = useChange({
    run: rotateSigningKey,
    done: () => ["A new key signs identity tokens"],
    touches: [signingKeysQuery.queryKey],
  });
  const ask = async () => {
    const agreed = await confirm({
      title: "Have a new key sign identity tokens?",
      body: "The key before it is still shown until the last token that it signed has ended. Services that keep a copy of the keys have to read them anew.",
      action: "New key",
    });
    if (agreed) rotate.mutate();
  };
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title="Keys of identity tokens"
        actions={
          <Button size="sm" busy={rotate.isPending} onClick={() => void ask()}>
            New key
          </Button>
        }
      >
        With identity tokens runs prove to other services which run they are.
      </CardHeader>
      {keys.isPending && <SkeletonRows rows={1} />}
      {keys.isError && <ErrorState error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <p className="px-4 py-3 text-sm text-muted">
          None yet: the first is made when a run asks for a token.
        </p>
      )}
      {keys.data && keys.data.length > 0 && (
        <Table>
          <thead>
            <tr>
              <Th>Key</Th>
              <Th>State</Th>
              <Th>Made</Th>
            </tr>
          </thead>
          <tbody>
            {keys.data.map((key) => (
              <Tr key={key.kid}>
                <Td className="break-all font-mono text-xs">{key.kid}</Td>
                <Td>
                  <Badge tone={key.state === "active" ? "success" : "neutral"}>
                    {key.state === "active" ? "signs" : "retired"}
                  </Badge>
                </Td>
                <Td className="whitespace-nowrap text-xs text-muted">
                  <RelativeTime at={key.created_at} />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
