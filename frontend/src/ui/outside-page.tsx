import { CircleAlert } from "lucide-react";
import type { ComponentProps, FormEvent, ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./cn";
import { Field } from "./field";
import { Input } from "./input";
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

type OutsideFieldProps = Omit<ComponentProps<typeof Input>, "value" | "onChange"> & {
  label: string;
  error?: string;
  value: string;
  onValue: (value: string) => void;
};

/** A field that has to be filled in. */
export function OutsideField({ label, error, value, onValue, className, ...input }: OutsideFieldProps) {
  return (
    <Field label={label} error={error}>
      <Input
        required
        value={value}
        onChange={(event) => onValue(event.target.value)}
        className={cn("h-9", className)}
        {...input}
      />
    </Field>
  );
}

/** What sends the form. */
export function OutsideSubmit(props: Omit<ComponentProps<typeof Button>, "type" | "variant" | "size">) {
  return <Button type="submit" variant="primary" size="lg" className="mt-1 h-9 text-sm" {...props} />;
}
