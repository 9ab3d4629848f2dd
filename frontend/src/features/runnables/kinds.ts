/** What scripts and flows have in common as things that people run: the words and addresses of each. */
export type Kind = "script" | "flow";

export const KINDS = {
  script: {
    title: "Script",
    list: "Scripts",
    page: "/w/$workspace/scripts/$",
    add: "/w/$workspace/scripts/new",
    edit: "/w/$workspace/edit/$",
    wire: "ScriptPath",
  },
  flow: {
    title: "Flow",
    list: "Flows",
    page: "/w/$workspace/flows/$",
    add: "/w/$workspace/flows/add",
    edit: "/w/$workspace/flows/edit/$",
    wire: "FlowPath",
  },
} as const;

/** Why archiving is no loss; said before it is done. */
export const ARCHIVING =
  "It can no longer be run and leaves the lists. Its versions and runs stay; deploying to the path again brings it back.";

export function shortName(item: { summary?: string; path: string }): string {
  return item.summary || item.path.split("/").slice(2).join("/");
}
