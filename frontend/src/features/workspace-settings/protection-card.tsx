import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { OwnerPicker } from "@/features/people/owner-picker";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input } from "@/ui/input";
import { Card, CardHeader } from "@/ui/page";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { ErrorState, Skeleton } from "@/ui/states";
import { Switch } from "@/ui/switch";
import {
  deleteRule,
  OFFERED_RULES,
  type ProtectionRule,
  protectionRulesKey,
  protectionRulesQuery,
  RULE_TITLES,
  saveRule,
} from "./protection";

const NEW: ProtectionRule = { name: "", rules: [], bypass_groups: [], bypass_users: [] };

/** What the members of the workspace are kept from, admins included, and who is excepted. */
export function ProtectionCard() {
  const workspace = useWorkspace();
  const rules = useQuery(protectionRulesQuery(workspace));
  const [edited, setEdited] = useState<ProtectionRule | null>(null);
  const remove = useChange({
    run: (name: string) => deleteRule(workspace, name),
    done: (name) => ["Rule deleted", name],
    touches: [protectionRulesKey(workspace)],
  });
  return (
    <Card>
      <CardHeader
        title="Protection rules"
        actions={
          <Button size="sm" onClick={() => setEdited(NEW)}>
            <Plus /> Add rule
          </Button>
        }
      />
      {rules.isPending ? (
        <Skeleton className="m-4 h-10" />
      ) : rules.isError ? (
        <ErrorState error={rules.error} retry={() => void rules.refetch()} className="py-6" />
      ) : rules.data.length === 0 ? (
        <p className="p-4 text-sm text-muted">
          No rules. They keep everybody but those you except from deploying directly, or from sharing runs.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {rules.data.map((rule) => (
            <li key={rule.name} className="flex items-start justify-between gap-3 p-4">
              <div className="min-w-0">
                <div className="truncate text-sm font-medium">{rule.name}</div>
                <div className="mt-1.5 flex flex-wrap gap-1.5">
                  {rule.rules.map((kind) => (
                    <Badge key={kind}>{RULE_TITLES[kind]}</Badge>
                  ))}
                </div>
                <p className="mt-1.5 text-xs text-muted">
                  {exceptions(rule).length > 0
                    ? `Not for ${exceptions(rule).join(", ")}`
                    : "For everybody, admins included"}
                </p>
              </div>
              <RowActions>
                <EditAction name={rule.name} onEdit={() => setEdited(rule)} />
                <DeleteAction
                  name={rule.name}
                  question={`Delete ${rule.name}?`}
                  consequence="What it forbids is allowed at once."
                  onDelete={() => remove.mutate(rule.name)}
                />
              </RowActions>
            </li>
          ))}
        </ul>
      )}
      {edited && <RuleDialog rule={edited} onClose={() => setEdited(null)} />}
    </Card>
  );
}

const exceptions = (rule: ProtectionRule) => [
  ...rule.bypass_users.map((name) => (name.includes("/") ? name : `u/${name}`)),
  ...rule.bypass_groups.map((name) => (name.includes("/") ? name : `g/${name}`)),
];

function RuleDialog({ rule, onClose }: { rule: ProtectionRule; onClose: () => void }) {
  const workspace = useWorkspace();
  const [name, setName] = useState(rule.name);
  const [kinds, setKinds] = useState(rule.rules);
  const [excepted, setExcepted] = useState(exceptions(rule));
  const save = useChange({
    run: () =>
      saveRule(workspace, rule.name, {
        name: name.trim(),
        rules: kinds,
        bypass_users: excepted.filter((owner) => owner.startsWith("u/")).map((owner) => owner.slice(2)),
        bypass_groups: excepted.filter((owner) => owner.startsWith("g/")).map((owner) => owner.slice(2)),
      }),
    done: () => ["Rule saved", name.trim()],
    touches: [protectionRulesKey(workspace)],
    after: onClose,
  });
  return (
    <FormDialog
      title={rule.name ? `Edit ${rule.name}` : "New protection rule"}
      description="Holds for every member, admins included, but for those you except."
      submit="Save"
      busy={save.isPending}
      disabled={!name.trim() || kinds.length === 0}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      </Field>
      {OFFERED_RULES.map(({ kind, hint }) => (
        <div key={kind} className="flex items-start justify-between gap-4">
          <label htmlFor={`rule-${kind}`} className="text-sm">
            {RULE_TITLES[kind]}
            <span className="block text-xs text-muted">{hint}</span>
          </label>
          <Switch
            id={`rule-${kind}`}
            checked={kinds.includes(kind)}
            onCheckedChange={(on) => setKinds(on ? [...kinds, kind] : kinds.filter((one) => one !== kind))}
          />
        </div>
      ))}
      <div>
        <div className="text-sm font-medium">Except</div>
        <p className="mb-1.5 text-xs text-muted">People and groups for whom it does not hold.</p>
        <OwnerPicker exclude={excepted} onPick={(owner) => setExcepted([...excepted, owner])} />
      </div>
      {excepted.length > 0 && (
        <div className="flex flex-wrap gap-1.5">
          {excepted.map((owner) => (
            <Button
              key={owner}
              type="button"
              size="sm"
              aria-label={`Do not except ${owner}`}
              onClick={() => setExcepted(excepted.filter((one) => one !== owner))}
            >
              {owner} ×
            </Button>
          ))}
        </div>
      )}
    </FormDialog>
  );
}
