/** What is edited, at the head of an editor: its summary to type in, its path to change in the settings. */
export function EditedName({
  summary,
  path,
  onSummary,
  onSettings,
}: {
  summary: string;
  path: string;
  onSummary: (summary: string) => void;
  onSettings: () => void;
}) {
  return (
    <div className="min-w-0 flex-1 basis-0">
      <input
        aria-label="Summary"
        value={summary}
        onChange={(event) => onSummary(event.target.value)}
        placeholder="What does it do?"
        className="block w-full min-w-0 truncate rounded bg-transparent px-1 text-sm font-semibold leading-5 outline-none placeholder:font-normal hover:bg-hover focus:bg-hover"
      />
      <button
        type="button"
        onClick={onSettings}
        className="block max-w-full truncate rounded px-1 font-mono text-2xs text-faint hover:text-text"
        title="Change path and settings"
      >
        {path}
      </button>
    </div>
  );
}
