import { queryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";

/** How new scripts of a workspace begin, where its admins chose it. */
export type DefaultScripts = {
  order?: string[];
  hidden?: string[];
  default_script_content?: Record<string, string>;
};

export const defaultScriptsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "default-scripts"],
    queryFn: ({ signal }) =>
      get<DefaultScripts>(`/w/${workspace}/workspaces/default_scripts`, undefined, signal),
    staleTime: 60_000,
  });

/** The languages as a workspace wants them: its own order first, without those that it hides. */
export function arranged<T extends { value: string }>(
  languages: readonly T[],
  { order = [], hidden = [] }: DefaultScripts,
): T[] {
  const place = (language: T) => {
    const at = order.indexOf(language.value);
    return at < 0 ? order.length : at;
  };
  return languages
    .filter((language) => !hidden.includes(language.value))
    .sort((one, other) => place(one) - place(other));
}
