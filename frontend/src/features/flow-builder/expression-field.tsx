import { useEffect, useId, useRef, useState } from "react";
import { type Completions, completionsAt, recordedNames } from "@/flow-graph/available";
import { evaluate } from "@/flow-graph/evaluate";
import { cn } from "@/ui/cn";
import { fieldLook } from "@/ui/input";
import { useDraft, useEditorState } from "./editor";

/** A value in a line: for previews beside what produces it. */
export function shortValue(value: unknown, length = 120): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function Preview({ step, expr, field }: { step: string; expr: string; field: string }) {
  const draft = useDraft();
  const recorded = useEditorState((state) => state.recorded);
  if (!expr.trim() || field === "skip_expr") return null;
  const found = evaluate(expr, recordedNames(draft, step, recorded));
  return (
    <p className="truncate font-mono text-2xs text-faint" aria-live="polite">
      {found.ok ? (
        <>
          <span className="select-none">now </span>
          <span className="text-success" title={shortValue(found.value, 2000)}>
            {shortValue(found.value)}
          </span>
        </>
      ) : (
        <span className="font-sans">{found.reason}</span>
      )}
    </p>
  );
}

type ExpressionFieldProps = {
  step: string;
  field: string;
  value: string;
  onValue: (value: string) => void;
  label: string;
  placeholder?: string;
  problems?: readonly string[];
  id?: string;
  "aria-describedby"?: string;
};

/** A small JavaScript expression: completion of what exists here, its value now, and what is wrong with it. */
export function ExpressionField(props: ExpressionFieldProps) {
  const { step, field, value, onValue, label, problems = [] } = props;
  const draft = useDraft();
  const recorded = useEditorState((state) => state.recorded);
  const area = useRef<HTMLTextAreaElement>(null);
  const [offer, setOffer] = useState<Completions | null>(null);
  const [chosen, setChosen] = useState(0);
  const made = useId();
  const listId = `${made}-list`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(240, box.scrollHeight + 2)}px`;
  }, [value]);

  const suggest = (text: string, caret: number) => {
    setOffer(completionsAt(text, caret, draft, step, field, recorded));
    setChosen(0);
  };
  const take = (index: number) => {
    const box = area.current;
    const option = offer?.options[index];
    if (!box || !offer || !option) return;
    const next = value.slice(0, offer.from) + option.text + value.slice(box.selectionStart);
    const caret = offer.from + option.text.length;
    onValue(next);
    setOffer(null);
    requestAnimationFrame(() => {
      box.focus();
      box.setSelectionRange(caret, caret);
    });
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === " " && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      suggest(value, event.currentTarget.selectionStart);
      return;
    }
    if (!offer) return;
    const count = offer.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setChosen((chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      setOffer(null);
    }
  };

  return (
    <div className="relative flex min-w-0 flex-col gap-1">
      <textarea
        ref={area}
        id={props.id}
        role="combobox"
        aria-label={props.id ? undefined : label}
        aria-expanded={offer !== null}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={offer ? `${made}-${chosen}` : undefined}
        aria-invalid={problems.length > 0 || undefined}
        aria-describedby={problems.length > 0 ? `${made}-problem` : props["aria-describedby"]}
        rows={1}
        spellCheck={false}
        autoComplete="off"
        value={value}
        placeholder={props.placeholder ?? "results.a.name"}
        onChange={(event) => {
          onValue(event.target.value);
          suggest(event.target.value, event.target.selectionStart);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOffer(null)}
        className={cn(fieldLook, "thin-scroll min-h-8 resize-none py-1.5 font-mono text-xs leading-[18px]")}
      />
      {offer && (
        <div
          id={listId}
          role="listbox"
          aria-label="Completions"
          className="thin-scroll absolute inset-x-0 top-full z-20 mt-1 max-h-52 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {offer.options.map((option, index) => (
            <div
              key={option.text}
              id={`${made}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                take(index);
              }}
              className={cn(
                "flex cursor-pointer items-center justify-between gap-3 rounded px-2 py-1 text-xs",
                index === chosen && "bg-hover",
              )}
            >
              <span className="truncate font-mono">{option.text}</span>
              <span className="truncate text-2xs text-faint">{option.detail}</span>
            </div>
          ))}
        </div>
      )}
      {problems.length > 0 ? (
        <p id={`${made}-problem`} role="alert" className="text-xs text-danger">
          {problems.join(" ")}
        </p>
      ) : (
        <Preview step={step} expr={value} field={field} />
      )}
    </div>
  );
}
