import { Users } from "lucide-react";
import { Badge } from "@/ui/badge";

/** Tells in a list or on a page who else is writing at an item. */
export function DraftedBadge({ authors }: { authors: readonly string[] }) {
  if (authors.length === 0) return null;
  return (
    <Badge tone="outline" title={`Drafts of ${authors.join(", ")}`}>
      <Users aria-hidden />{" "}
      {authors.length === 1 ? `Draft of ${authors[0]}` : `${authors.length} drafts of others`}
    </Badge>
  );
}
