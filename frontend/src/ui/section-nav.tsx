import { Link } from "@tanstack/react-router";
import { cn } from "./cn";
import { useRevealed } from "./reveal";

export type Section = { id: string; label: string };

/** The sections of a page that shows one at a time; `section` of the address says which. On phones they are a row. */
export function SectionNav({ sections, current }: { sections: readonly Section[]; current: string }) {
  const list = useRevealed<HTMLUListElement>("[aria-current]");
  return (
    <nav aria-label="Sections" className="min-w-0">
      <ul
        ref={list}
        className="relative -mx-4 flex gap-1 overflow-x-auto px-4 pb-1 [scrollbar-width:none] md:sticky md:top-6 md:mx-0 md:flex-col md:gap-0.5 md:px-0"
      >
        {sections.map(({ id, label }) => (
          <li key={id} className="shrink-0">
            <Link
              to="."
              search={{ section: id }}
              replace
              aria-current={id === current ? "page" : undefined}
              className={cn(
                "flex h-8 items-center whitespace-nowrap rounded-md px-2.5 text-sm text-muted transition-colors hover:bg-hover hover:text-text focus-visible:-outline-offset-2",
                id === current && "bg-hover font-medium text-text",
              )}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
