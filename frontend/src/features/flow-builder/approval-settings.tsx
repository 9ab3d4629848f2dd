import { CirclePause } from "lucide-react";
import type { Schema } from "@/api/types";
import { EMPTY_SCHEMA } from "@/features/flows/flows";
import { SchemaEditor } from "@/features/schema-editor/schema-editor";
import { renameProperty } from "@/flow-graph/rename";
import type { FlowModule, Suspend } from "@/flow-graph/types";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import type { ChangeStep } from "./editor";
import { ExpressionField } from "./expression-field";
import { NumberField, SettingGroup, Toggle } from "./fields";

/** The groups as people type them: names with commas between. */
function groupsText(suspend: Suspend): string {
  const groups = suspend.user_groups_required;
  return groups?.type === "static" && Array.isArray(groups.value) ? groups.value.join(", ") : "";
}

export function ApprovalSettings({
  module,
  onChange,
  problems,
}: {
  module: FlowModule;
  onChange: ChangeStep;
  problems: readonly string[];
}) {
  const { suspend } = module;
  const isOn = (suspend?.required_events ?? 0) >= 1;
  const set = (change: Partial<Suspend>, field = "suspend") =>
    onChange({ suspend: { ...suspend, ...change } }, field);
  const schema = suspend?.resume_form?.schema;
  const groups = suspend?.user_groups_required;
  return (
    <SettingGroup
      icon={CirclePause}
      title="Approval"
      hint="After this step the flow waits until people agree."
      summary={`Waits for ${suspend?.required_events ?? 1} approval${suspend?.required_events === 1 ? "" : "s"}`}
      isOn={isOn}
      initiallyOpen={isOn}
      onSwitch={(on) =>
        onChange({ suspend: on ? { required_events: 1, timeout: 86_400, ...suspend } : undefined })
      }
      hasProblem={problems.length > 0}
    >
      {problems.map((problem) => (
        <p key={problem} className="text-xs text-warning">
          {problem}
        </p>
      ))}
      <div className="grid grid-cols-2 gap-3">
        <NumberField
          label="Approvals needed"
          min={1}
          value={suspend?.required_events}
          onValue={(required_events) => set({ required_events: required_events ?? 1 })}
        />
        <NumberField
          label="Give up after"
          unit="seconds"
          value={suspend?.timeout}
          placeholder="1800"
          onValue={(timeout) => set({ timeout })}
        />
      </div>
      <Toggle
        label="Ask for something"
        hint="The approver fills in a form; later steps read it as resume."
        checked={schema !== undefined}
        onChecked={(on) => set({ resume_form: on ? { schema: EMPTY_SCHEMA } : undefined })}
      />
      {schema && (
        <SchemaEditor
          noun="field"
          schema={withProperties(schema)}
          onSchema={(next) => set({ resume_form: { schema: next } }, "suspend:form")}
          onRename={(from, to) =>
            set({ resume_form: { schema: renameProperty(withProperties(schema), from, to) } })
          }
        />
      )}
      <Toggle
        label="Approvers must be signed in"
        checked={suspend?.user_auth_required ?? false}
        onChecked={(on) => set({ user_auth_required: on || undefined })}
      />
      {suspend?.user_auth_required && (
        <>
          {groups?.type === "javascript" ? (
            <ExpressionField
              step={module.id}
              field="groups"
              label="Groups of approvers"
              value={groups.expr}
              onValue={(expr) =>
                set({ user_groups_required: { type: "javascript", expr } }, "suspend:groups")
              }
            />
          ) : (
            <Field label="Only members of" optional hint="Names of groups, with commas between.">
              <Input
                defaultValue={groupsText(suspend)}
                placeholder="finance, leads"
                onBlur={(event) => {
                  const names = event.target.value.split(",").map((name) => name.trim());
                  const value = names.filter(Boolean);
                  set({ user_groups_required: value.length > 0 ? { type: "static", value } : undefined });
                }}
              />
            </Field>
          )}
          <Toggle
            label="Not by the one who started it"
            checked={suspend.self_approval_disabled ?? false}
            onChecked={(on) => set({ self_approval_disabled: on || undefined })}
          />
        </>
      )}
      <Toggle
        label="Only approving is offered"
        hint="Hides the button to reject."
        checked={suspend?.hide_cancel ?? false}
        onChecked={(on) => set({ hide_cancel: on || undefined })}
      />
      <Toggle
        label="Go on when rejected or too late"
        hint="The next step finds the reason in resume.error; otherwise the flow fails."
        checked={suspend?.continue_on_disapprove_timeout ?? false}
        onChecked={(on) => set({ continue_on_disapprove_timeout: on || undefined })}
      />
    </SettingGroup>
  );
}

function withProperties(schema: Schema): Schema {
  return { ...schema, properties: schema.properties ?? {} };
}
