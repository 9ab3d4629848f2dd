/** Every text with imports lies in a world of its own: a folder that holds what it may see, and nothing else. */
const WORLD = /^(file:\/\/\/world\d+\/)(.*)$/;

/** Settings of a world, told to the checker as a file of it. */
export const SETTINGS = "settings.json";

export type WorldSettings = {
  runtime: "bun" | "deno" | null;
  /** For specifiers with a version or `npm:`: the module that they mean. */
  modules: Record<string, string>;
};

let count = 0;

/** The address of a script in a new world. */
export function placeInNewWorld(path: string): string {
  count += 1;
  return `file:///world${count}/${path}.ts`;
}

/** The folder of the world that a file lies in; null for a file in none. */
export function worldOf(file: string): string | null {
  return WORLD.exec(file)?.[1] ?? null;
}

/** The name of a file in its world, or in none. */
export function nameInWorld(file: string): string {
  return WORLD.exec(file)?.[2] ?? file.replace(/^file:\/\/\//, "");
}

/** The path of a script of the workspace, null for every other file. */
export function scriptAt(file: string): string | null {
  return /^([fu]\/.+)\.ts$/.exec(nameInWorld(file))?.[1] ?? null;
}
