import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { createServiceToken, serviceTokensQuery } from "./service-accounts";
import { createToken } from "./tokens";

const LIFETIMES: Record<string, number | null> = { "7": 7, "30": 30, "90": 90, "365": 365, never: null };
const PRESETS: Record<string, string[]> = {
  full: [],
  run: ["jobs:run", "jobs:read"],
  read: ["scripts:read", "jobs:read", "variables:read", "resources:read"],
};

/** Makes a token, one's own or that of a service account, and shows it once. */
export function TokenDialog({ service, onClose }: { service?: string; onClose: () => void }) {
  const workspace = useWorkspace();
  const [label, setLabel] = useState("");
  const [days, setDays] = useState("90");
  const [preset, setPreset] = useState("full");
  const [scopes, setScopes] = useState("");
  const [here, setHere] = useState(true);
  const [readOnly, setReadOnly] = useState(false);
  const make = useChange({
    run: () => {
      const lifetime = LIFETIMES[days];
      const listed = preset === "custom" ? scopes.split(/[\s,]+/).filter(Boolean) : (PRESETS[preset] ?? []);
      const token = {
        label: label.trim(),
        ...(lifetime ? { expiration: new Date(Date.now() + lifetime * 86_400_000).toISOString() } : {}),
        ...(listed.length > 0 ? { scopes: listed } : {}),
        ...(readOnly ? { read_only: true } : {}),
      };
      if (service) return createServiceToken(workspace, service, token);
      return createToken({ ...token, ...(here ? { workspace_id: workspace } : {}) });
    },
    touches: [service ? serviceTokensQuery(workspace, service).queryKey : ["tokens"]],
  });
  if (make.data) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && onClose()}
        title="Your new token"
        description="Copy it now. It is stored hashed and cannot be shown again."
        footer={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken px-3 py-2">
          <KeyRound className="size-4 shrink-0 text-faint" aria-hidden />
          <code className="min-w-0 flex-1 break-all font-mono text-xs">{make.data}</code>
          <CopyButton text={make.data} label="Copy token" />
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title="New token"
      description={
        service
          ? `For programs that act as ${service} in this workspace.`
          : "For webhooks, command lines and other programs that act as you."
      }
      submit="Create token"
      busy={make.isPending}
      disabled={!label.trim()}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field label="Label" required>
        <Input
          value={label}
          onChange={(event) => setLabel(event.target.value)}
          autoFocus
          placeholder="CI deploys"
        />
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Expires">
          <Select
            value={days}
            onValue={setDays}
            options={[
              { value: "7", label: "in 7 days" },
              { value: "30", label: "in 30 days" },
              { value: "90", label: "in 90 days" },
              { value: "365", label: "in a year" },
              { value: "never", label: "never" },
            ]}
          />
        </Field>
        <Field label="Rights">
          <Select
            value={preset}
            onValue={setPreset}
            options={[
              { value: "full", label: service ? "All of its rights" : "All of mine" },
              { value: "run", label: "Run scripts" },
              { value: "read", label: "Read" },
              { value: "custom", label: "Scopes…" },
            ]}
          />
        </Field>
      </div>
      {preset === "custom" && (
        <Field label="Scopes" hint="One per line, as jobs:run:scripts:f/reports/* or variables:read.">
          <Textarea
            value={scopes}
            onChange={(event) => setScopes(event.target.value)}
            className="font-mono text-xs"
          />
        </Field>
      )}
      {!service && (
        <div className="flex items-center justify-between gap-4">
          <label htmlFor="token-here" className="text-sm">
            Only for the workspace <span className="font-mono text-xs">{workspace}</span>
          </label>
          <Switch id="token-here" checked={here} onCheckedChange={setHere} />
        </div>
      )}
      <div className="flex items-center justify-between gap-4">
        <label htmlFor="token-read-only" className="text-sm">
          May change nothing
        </label>
        <Switch id="token-read-only" checked={readOnly} onCheckedChange={setReadOnly} />
      </div>
    </FormDialog>
  );
}
