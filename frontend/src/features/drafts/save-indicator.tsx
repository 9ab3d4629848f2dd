import { CloudAlert, CloudCheck, LoaderCircle } from "lucide-react";
import type { SaveState } from "./use-autosave";

/** Whether what is being edited is safe. */
export function SaveIndicator({ state }: { state: SaveState }) {
  const [text, icon] = {
    clean: ["", null],
    unsaved: ["Unsaved", <LoaderCircle key="i" className="size-3.5 animate-spin" />],
    saving: ["Saving…", <LoaderCircle key="i" className="size-3.5 animate-spin" />],
    saved: ["Draft saved", <CloudCheck key="i" className="size-3.5" />],
    failed: ["Not saved", <CloudAlert key="i" className="size-3.5 text-danger" />],
    conflict: ["Changed elsewhere", <CloudAlert key="i" className="size-3.5 text-warning" />],
  }[state] as [string, React.ReactNode];
  return (
    <span role="status" className="hidden items-center gap-1.5 whitespace-nowrap text-xs text-faint lg:flex">
      {icon} {text}
    </span>
  );
}
