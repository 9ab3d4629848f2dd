import { cn } from "./cn";
import { CopyButton } from "./copy";

/** Read-only text in a fixed-width face with line numbers. */
export function CodeBlock({ text, className, mark }: { text: string; className?: string; mark?: number }) {
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <div className={cn("group relative overflow-hidden rounded-md border border-line bg-sunken", className)}>
      <div className="thin-scroll max-h-[560px] overflow-auto py-2">
        <pre className="min-w-max font-mono text-xs leading-5">
          {lines.map((line, index) => (
            <div key={index} className={cn("flex px-3", mark === index + 1 && "bg-danger-soft")}>
              <span className="mr-4 w-7 shrink-0 select-none text-right text-faint/80">{index + 1}</span>
              <code className="whitespace-pre">{line || " "}</code>
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
