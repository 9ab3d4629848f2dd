import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/states";
import { accountQuery, useMember, useWorkspace } from "./session";

type Props = { of: "workspace" | "instance"; children: ReactNode };

/** A page for administrators: others who come by its address are told so, and nothing is asked of the server. */
export function AdminsOnly({ of, children }: Props) {
  const workspace = useWorkspace();
  const member = useMember();
  const { data: account } = useQuery(accountQuery);
  const may = account?.super_admin || (of === "workspace" && member?.is_admin);
  if (may) return children;
  return (
    <EmptyState
      icon={Lock}
      title="This page is for administrators"
      className="pt-32"
      action={
        <Button asChild>
          <Link to="/w/$workspace" params={{ workspace }}>
            Home
          </Link>
        </Button>
      }
    >
      {of === "workspace"
        ? "Ask an administrator of this workspace for what you need, or to become one."
        : "What holds for the whole instance is in the hands of its super admins."}
    </EmptyState>
  );
}
