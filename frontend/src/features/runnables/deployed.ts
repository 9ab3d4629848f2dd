import { type QueryClient, type QueryKey, type UseQueryOptions, useQuery } from "@tanstack/react-query";

/** What was deployed while somebody looked at the difference to the version before it. */
export class NewerVersion extends Error {}

/**
 * What is deployed of an item that is being edited; null for what never was. It is read again when the
 * window is come back to, so that a colleague's newer version is known before ours goes over it.
 */
export function useDeployed<Item, Key extends QueryKey>(
  query: UseQueryOptions<Item, Error, Item, Key>,
  start: Item | null,
): Item | null {
  const latest = useQuery({ ...query, enabled: start !== null, refetchOnWindowFocus: "always" });
  return start && (latest.data ?? start);
}

/** Fails with `NewerVersion` when something else is deployed by now than what was `seen`. */
export async function refuseNewer<Item, Key extends QueryKey>(
  client: QueryClient,
  query: UseQueryOptions<Item, Error, Item, Key>,
  seen: Item,
  versionOf: (item: Item) => unknown,
): Promise<void> {
  const latest = await client.fetchQuery({ ...query, staleTime: 0 });
  if (versionOf(latest) !== versionOf(seen)) throw new NewerVersion();
}
