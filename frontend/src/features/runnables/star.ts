import { useMutation, useQueryClient } from "@tanstack/react-query";
import { post } from "@/api/client";
import type { Kind } from "./kinds";

type Starred = { path: string; starred?: boolean };

/** Stars or unstars a script or a flow, and shows it at once on its page and in every list. */
export function useStar(workspace: string, kind: Kind) {
  const client = useQueryClient();
  const queries = ["w", workspace, `${kind}s`];
  const set = (path: string, starred: boolean) => {
    client.setQueriesData<Starred[]>({ queryKey: [...queries, "list"] }, (list) =>
      list?.map((item) => (item.path === path ? { ...item, starred } : item)),
    );
    client.setQueryData<Starred>([...queries, "path", path], (item) => item && { ...item, starred });
  };
  return useMutation({
    mutationFn: ({ path, starred }: { path: string; starred: boolean }) =>
      post(`/w/${workspace}/favorites/${starred ? "star" : "unstar"}`, { path, favorite_kind: kind }),
    onMutate: ({ path, starred }) => set(path, starred),
    onError: (_error, { path, starred }) => set(path, !starred),
  });
}
