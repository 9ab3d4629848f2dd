import { cn } from "./cn";
import { CodeLine, useColours } from "./code-lines";
import { CopyButton } from "./copy";

type CodeBlockProps = {
  text: string;
  /** The editor's name of the language; with it the code has colours. */
  language?: string;
  className?: string;
};

/** Read-only text in a fixed-width face with line numbers. */
export function CodeBlock({ text, language, className }: CodeBlockProps) {
  const lines = text.replace(/\n$/, "").split("\n");
  const colours = useColours(text, language);
  return (
    <div className={cn("group relative overflow-hidden rounded-md border border-line bg-sunken", className)}>
      <div className="thin-scroll max-h-[560px] overflow-auto py-2">
        <pre className="min-w-max font-mono text-xs leading-5">
          {lines.map((line, index) => (
            <div key={index} className="flex px-3">
              <span className="mr-4 w-7 shrink-0 select-none text-right text-faint/80">{index + 1}</span>
              <CodeLine text={line} markup={colours?.[index]} />
            </div>
          ))}
        </pre>
      </div>
      <CopyButton
        text={text}
        className="absolute right-1.5 top-1.5 bg-sunken opacity-0 group-hover:opacity-100 focus:opacity-100"
      />
    </div>
  );
}
