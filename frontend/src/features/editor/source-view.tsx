import { Link } from "@tanstack/react-router";
import { ArrowLeft, FileCode2, SquareArrowOutUpRight, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { useDark } from "@/ui/theme";
import { applyTheme, EDITOR_OPTIONS, monaco, type OpenPlace, onOpenPlace } from "./monaco";
import type { Visit } from "./visits";

type SourceViewProps = {
  visits: readonly Visit[];
  onVisit: OpenPlace;
  onBack: () => void;
  onClose: () => void;
};

/** A text that a definition led to, over the one that is written: to be read, and left again. */
export function SourceView({ visits, onVisit, onBack, onClose }: SourceViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<monaco.editor.IStandaloneCodeEditor | null>(null);
  const dark = useDark();
  const visit = visits.at(-1);
  const latest = useRef({ onVisit, onClose });
  latest.current = { onVisit, onClose };
  useEffect(() => {
    if (!host.current) return;
    const made = monaco.editor.create(host.current, {
      ...EDITOR_OPTIONS,
      model: null,
      readOnly: true,
      readOnlyMessage: { value: "This is another file, to be read only." },
      ariaLabel: "Definition",
    });
    onOpenPlace(made, (uri, place) => latest.current.onVisit(uri, place));
    made.addCommand(
      monaco.KeyCode.Escape,
      () => latest.current.onClose(),
      "!findWidgetVisible && !referenceSearchVisible && !suggestWidgetVisible && !parameterHintsVisible",
    );
    setEditor(made);
    return () => {
      setEditor(null);
      made.dispose();
    };
  }, []);
  useEffect(() => applyTheme(dark), [dark]);
  useEffect(() => {
    if (!editor || !visit || visit.model.isDisposed()) return;
    editor.setModel(visit.model);
    if (visit.place) {
      editor.setSelection(visit.place);
      editor.revealRangeInCenter(visit.place);
    }
    editor.focus();
  }, [editor, visit]);
  return (
    <section
      aria-label={`Definition in ${visit?.name ?? ""}`}
      className="absolute inset-0 z-10 flex flex-col bg-surface"
    >
      <header className="flex h-9 shrink-0 items-center gap-1 border-b border-line bg-raised px-2">
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Back"
          onClick={visits.length > 1 ? onBack : onClose}
        >
          <ArrowLeft />
        </Button>
        <FileCode2 className="size-4 shrink-0 text-faint" aria-hidden />
        <span className="min-w-0 truncate font-mono text-xs" title={visit?.name}>
          {visit?.name}
        </span>
        <span className="shrink-0 rounded bg-hover px-1.5 py-0.5 text-2xs text-muted">Read only</span>
        <span className="ml-auto" />
        {visit?.script && (
          <Button asChild variant="ghost" size="sm">
            <Link
              to="/w/$workspace/edit/$"
              params={{ workspace: visit.script.workspace, _splat: visit.script.path }}
              search={visit.place ? { line: visit.place.startLineNumber } : {}}
              target="_blank"
            >
              <SquareArrowOutUpRight /> Edit
            </Link>
          </Button>
        )}
        <Button variant="ghost" size="icon-sm" aria-label="Close the definition (Esc)" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div ref={host} className="min-h-0 flex-1" />
    </section>
  );
}
