import { queryOptions, useQuery } from "@tanstack/react-query";
import { SquareTerminal } from "lucide-react";
import { useMemo } from "react";
import { get } from "@/api/client";
import { useWorkspace } from "@/features/session/session";
import { cn } from "@/ui/cn";
import { arranged, defaultScriptsQuery } from "./default-scripts";

/** A language as the server lists it. */
export type ListedLanguage = {
  name: string;
  title: string;
  extension: string;
  comment_mark: string;
  runs_in: string;
};

/** How the editor shows a language: its name there, and two letters where it has no mark of its own. */
type Look = { label: string; monaco: string; letters: string };

const LOOKS: Record<string, Look> = {
  python3: { label: "Python", monaco: "python", letters: "Py" },
  bun: { label: "TypeScript", monaco: "typescript", letters: "TS" },
  deno: { label: "TypeScript (Deno)", monaco: "typescript", letters: "De" },
  nativets: { label: "TypeScript (native)", monaco: "typescript", letters: "ts" },
  bunnative: { label: "TypeScript (native)", monaco: "typescript", letters: "ts" },
  bash: { label: "Bash", monaco: "shell", letters: "$" },
  powershell: { label: "PowerShell", monaco: "powershell", letters: "PS" },
  go: { label: "Go", monaco: "go", letters: "Go" },
  postgresql: { label: "PostgreSQL", monaco: "pgsql", letters: "Pg" },
  mysql: { label: "MySQL", monaco: "mysql", letters: "My" },
  mssql: { label: "SQL Server", monaco: "sql", letters: "MS" },
  bigquery: { label: "BigQuery", monaco: "sql", letters: "BQ" },
  snowflake: { label: "Snowflake", monaco: "sql", letters: "Sf" },
  oracledb: { label: "Oracle", monaco: "sql", letters: "Or" },
  duckdb: { label: "DuckDB", monaco: "sql", letters: "Dk" },
  graphql: { label: "GraphQL", monaco: "graphql", letters: "GQ" },
  php: { label: "PHP", monaco: "php", letters: "Ph" },
  rust: { label: "Rust", monaco: "rust", letters: "Rs" },
  csharp: { label: "C#", monaco: "csharp", letters: "C#" },
};

/** What the server offers; it does not change while it runs. */
export const languagesQuery = queryOptions({
  queryKey: ["languages"],
  queryFn: async ({ signal }) => {
    const known = await get<ListedLanguage[]>("/languages/list", undefined, signal);
    // Another name of `nativets`, for scripts that other clients bring.
    return known.filter(({ name }) => name !== "bunnative");
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** The languages to choose from, in the order that the workspace chose, else in the server's. */
export function useLanguages(): readonly { value: string; label: string }[] {
  const { data } = useQuery(languagesQuery);
  const { data: chosen } = useQuery(defaultScriptsQuery(useWorkspace()));
  return useMemo(() => {
    const known = (data ?? [{ name: "python3", title: "Python" }]).map((language) => ({
      value: language.name,
      label: LOOKS[language.name]?.label ?? language.title,
    }));
    return chosen ? arranged(known, chosen) : known;
  }, [data, chosen]);
}

export function languageLabel(language: string | null | undefined): string {
  return (language && LOOKS[language]?.label) || language || "Code";
}

export function monacoLanguage(language: string | null | undefined): string {
  return (language && LOOKS[language]?.monaco) || "plaintext";
}

function PythonMark() {
  return (
    <svg viewBox="0 0 24 24" className="size-3.5" aria-hidden fill="currentColor">
      <path d="M11.9 2c-3 0-4.9 1.2-4.9 3.4V8h5v.9H4.9C2.9 8.9 2 10.6 2 12.3c0 2 .8 3.9 2.9 3.9H7v-2.6c0-1.9 1.6-3.1 3.4-3.1h4c1.600 0 2.700-1.300 2.700-2.800V5.400C17.100 3.200 14.900 2 11.900 2zM9.500 3.900a.95.95 0 1 1 0 1.900.95.95 0 0 1 0-1.900z" />
      <path
        opacity=".62"
        d="M12.100 22c3 0 4.900-1.200 4.900-3.400V16h-5v-.9h7.100c2 0 2.900-1.700 2.900-3.400 0-2-.8-3.900-2.900-3.900H17v2.600c0 1.900-1.600 3.100-3.400 3.100h-4c-1.600 0-2.700 1.300-2.700 2.800v2.300C6.900 20.800 9.100 22 12.100 22zm2.400-1.900a.95.95 0 1 1 0-1.900.95.95 0 0 1 0 1.900z"
      />
    </svg>
  );
}

function Mark({ language }: { language: string | null | undefined }) {
  if (language === "python3") return <PythonMark />;
  const letters = language ? LOOKS[language]?.letters : undefined;
  if (!letters || language === "bash") return <SquareTerminal className="size-3.5" aria-hidden />;
  return (
    <span aria-hidden className="font-mono text-[10px] font-bold leading-none tracking-tight">
      {letters}
    </span>
  );
}

/** The mark of a language on a neutral tile. */
export function LanguageIcon({
  language,
  className,
}: {
  language: string | null | undefined;
  className?: string;
}) {
  return (
    <span
      title={languageLabel(language)}
      className={cn(
        "inline-flex size-6 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-muted",
        className,
      )}
    >
      <Mark language={language} />
    </span>
  );
}
