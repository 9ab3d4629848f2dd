import { CircleAlert } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Logo } from "./logo";

type OutsidePageProps = { title: string; description: string; children: ReactNode; footer?: ReactNode };

/** A page for people who are not signed in: one narrow column below the sign of the house. */
export function OutsidePage({ title, description, children, footer }: OutsidePageProps) {
  return (
    <div className="flex min-h-full flex-col items-center justify-center px-4 py-12">
      <main className="w-full max-w-[360px]">
        <div className="mb-6 flex flex-col items-center text-center">
          <Logo className="mb-4 size-11" />
          <h1 className="text-xl font-semibold tracking-[-0.01em]">{title}</h1>
          <p className="mt-1 text-sm text-muted">{description}</p>
        </div>
        {children}
      </main>
      {footer}
    </div>
  );
}

type OutsideFormProps = { problem: string | null; onSubmit: () => void; children: ReactNode };

/** The form of such a page, with what went wrong above its fields. */
export function OutsideForm({ problem, onSubmit, children }: OutsideFormProps) {
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onSubmit();
      }}
      className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-6 shadow-card"
    >
      {problem && (
        <div role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
          <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {problem}
        </div>
      )}
      {children}
    </form>
  );
}
