import type { ReactNode } from "react";
import { initials } from "@/features/shell/sidebar";
import { Badge } from "@/ui/badge";

type PersonProps = {
  name?: string | null;
  email: string;
  /** Whether it is the one who looks. */
  self: boolean;
  disabled?: boolean;
  /** More marks behind the name. */
  children?: ReactNode;
};

/** Somebody in a list of people. */
export function Person({ name, email, self, disabled, children }: PersonProps) {
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <span
        aria-hidden
        className="flex size-7 shrink-0 items-center justify-center rounded-full bg-hover text-2xs font-semibold text-muted max-sm:hidden"
      >
        {initials(name || email)}
      </span>
      <span className="min-w-0">
        <span className="flex flex-wrap items-center gap-x-1.5 font-medium">
          <span className="[overflow-wrap:anywhere]">{name || email}</span>
          {self && <Badge tone="accent">you</Badge>}
          {disabled && <Badge tone="warning">disabled</Badge>}
          {children}
        </span>
        {name && <span className="block text-xs [overflow-wrap:anywhere] text-muted">{email}</span>}
      </span>
    </span>
  );
}
