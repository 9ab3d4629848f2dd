import { useQuery } from "@tanstack/react-query";
import { useWorkspace } from "@/features/session/session";
import { Combobox } from "@/ui/combobox";
import { groupsQuery } from "./groups";
import { membersQuery } from "./members";

/** Chooses a person (`u/name`) or a group (`g/name`). */
export function OwnerPicker({
  onPick,
  exclude = [],
}: {
  onPick: (owner: string) => void;
  exclude?: readonly string[];
}) {
  const workspace = useWorkspace();
  const members = useQuery(membersQuery(workspace));
  const groups = useQuery(groupsQuery(workspace));
  const options = [
    ...(groups.data ?? []).map((group) => ({ value: `g/${group.name}`, hint: "group" })),
    ...(members.data ?? []).map((member) => ({ value: `u/${member.username}`, hint: member.email })),
  ].filter((option) => !exclude.includes(option.value));
  return (
    <Combobox
      aria-label="Add a person or group"
      value=""
      onValue={(owner) => owner && onPick(owner)}
      options={options}
      placeholder="Add a person or group…"
      loading={members.isPending || groups.isPending}
    />
  );
}
