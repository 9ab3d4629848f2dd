import type { SaveState } from "@/features/drafts/use-autosave";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { RelativeTime } from "@/ui/time";

type DraftBannerProps = {
  state: SaveState;
  savedAt: string | null;
  /** A newer version was deployed since this draft began. */
  outdated: boolean;
  onForce: () => void;
  onReload: () => void;
  onRebase: () => void;
  onDiscard: () => void;
};

function sentence(state: SaveState, outdated: boolean): string {
  if (state === "conflict") return "This draft was changed in another window. Nothing of it was overwritten.";
  if (state === "failed") return "The draft could not be saved. Your changes are still here.";
  if (outdated) {
    return "A newer version was deployed since this draft began. Look at the difference before you deploy.";
  }
  return "You are editing your draft.";
}

/** What has to be known about the draft: that it is one, and what is wrong with it. */
export function DraftBanner(props: DraftBannerProps) {
  const { state, savedAt, outdated } = props;
  const troubled = state === "conflict" || state === "failed";
  if (!savedAt && !troubled && !outdated) return null;
  return (
    <div
      className={cn(
        "flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 text-xs",
        troubled || outdated ? "bg-warning-soft text-warning" : "bg-sunken text-muted",
      )}
    >
      <span className="min-w-0 flex-1">
        {sentence(state, outdated)} {!troubled && savedAt && <RelativeTime at={savedAt} />}
      </span>
      {troubled && (
        <Button size="sm" onClick={props.onForce}>
          Save mine
        </Button>
      )}
      {state === "conflict" && (
        <Button size="sm" onClick={props.onReload}>
          Load the other
        </Button>
      )}
      {outdated && (
        <Button size="sm" onClick={props.onRebase}>
          Deploy on top of it
        </Button>
      )}
      {savedAt && (
        <Button size="sm" variant="ghost" onClick={props.onDiscard}>
          Discard draft
        </Button>
      )}
    </div>
  );
}
