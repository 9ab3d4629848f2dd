import { useState } from "react";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input } from "@/ui/input";
import { changeEmail, renameUser } from "./users";

const KINDS = {
  email: {
    title: "Change the email address",
    label: "New email",
    hint: "The person signs in with it from now on. Sessions, tokens and runs go on.",
    run: changeEmail,
    done: "Address changed",
  },
  username: {
    title: "Change the user name",
    label: "New user name",
    hint: "In every workspace. What lies at u/name moves along, with its history; texts in code that name a path stay.",
    run: renameUser,
    done: "User renamed",
  },
} as const;

type RenameDialogProps = { email: string; what: keyof typeof KINDS; onClose: () => void };

/** Another address or another user name for an account. */
export function RenameDialog({ email, what, onClose }: RenameDialogProps) {
  const [value, setValue] = useState("");
  const kind = KINDS[what];
  const save = useChange({
    run: () => kind.run(email, value.trim()),
    done: () => [kind.done, value.trim()],
    touches: [["instance"], ["w"], ["account"]],
    after: onClose,
  });
  return (
    <FormDialog
      title={kind.title}
      description={email}
      submit="Change"
      busy={save.isPending}
      disabled={!value.trim()}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label={kind.label} hint={kind.hint} required>
        <Input
          type={what === "email" ? "email" : "text"}
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.target.value)}
          autoFocus
        />
      </Field>
    </FormDialog>
  );
}
