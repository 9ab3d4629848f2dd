import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { tellDone, tellError } from "./toast";

type Change<V, R> = {
  run: (given: V) => Promise<R>;
  /** What the person is told: a headline, and what it was done to. */
  done?: (given: V, result: R) => readonly [title: string, detail?: string | undefined];
  /** The queries whose answers are other ones afterwards. */
  touches?: readonly QueryKey[];
  after?: (result: R, given: V) => unknown;
};

/** A change on the server: says how it ended and has what it touched read again. */
export function useChange<V = void, R = unknown>({ run, done, touches = [], after }: Change<V, R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (result, given) => {
      if (done) tellDone(...done(given, result));
      for (const queryKey of touches) void client.invalidateQueries({ queryKey });
      return after?.(result, given);
    },
    onError: tellError,
  });
}
