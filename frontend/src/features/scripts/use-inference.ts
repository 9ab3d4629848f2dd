import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { InferredSchema } from "@/api/types";
import { inferSchema } from "./scripts";

/** A value that follows another one once it rested for `ms`. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

/** The schema of the code as the server infers it; what people added by hand is for `keepEdits` to keep. */
export function useInference(
  workspace: string,
  language: string,
  code: string,
): { inferred: InferredSchema | undefined; pending: boolean; error: Error | null } {
  const rested = useRested(code, 200);
  const query = useQuery({
    queryKey: ["w", workspace, "infer", language, rested],
    queryFn: () => inferSchema(workspace, { language, code: rested }),
    enabled: rested.trim() !== "",
    placeholderData: (last) => last,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  return { inferred: query.data, pending: query.isFetching || rested !== code, error: query.error };
}
