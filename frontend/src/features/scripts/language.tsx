import { SquareTerminal } from "lucide-react";
import { cn } from "@/ui/cn";

export const LANGUAGES: readonly { value: string; label: string; monaco: string; extension: string }[] = [
  { value: "python3", label: "Python", monaco: "python", extension: "py" },
  { value: "bash", label: "Bash", monaco: "shell", extension: "sh" },
];

export function languageLabel(language: string | null | undefined): string {
  return LANGUAGES.find((known) => known.value === language)?.label ?? language ?? "Code";
}

export function monacoLanguage(language: string | null | undefined): string {
  return LANGUAGES.find((known) => known.value === language)?.monaco ?? "plaintext";
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
      {language === "python3" ? <PythonMark /> : <SquareTerminal className="size-3.5" aria-hidden />}
    </span>
  );
}
