import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { resourcesQuery } from "@/features/resources/resources";
import { useWorkspace } from "@/features/session/session";
import { variablesQuery } from "@/features/variables/variables";
import { recordedNames } from "@/flow-graph/available";
import { type Completions, completionsAt } from "@/flow-graph/completion";
import { evaluate } from "@/flow-graph/evaluate";
import { knownRoots, scopeOf } from "@/flow-graph/scope";
import { shortValue } from "@/flow-graph/short-value";
import { type TokenKind, tokensOf } from "@/flow-graph/tokens";
import { withPicked } from "@/flow-graph/wiring";
import { cn } from "@/ui/cn";
import { fieldLook } from "@/ui/input";
import { useDraft, useEditorState } from "./editor";
import { ValuePicker } from "./value-picker";

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

const COLOURS: Record<TokenKind, string> = {
  root: "text-accent-text font-medium",
  member: "text-text",
  string: "text-success",
  number: "text-warning",
  keyword: "text-danger",
  plain: "text-text",
};

/** The text and the caret of the field with this id after a value was pointed at. */
export function pickedInto(id: string, text: string, expr: string): string {
  const box = document.getElementById(id);
  const isField = box instanceof HTMLTextAreaElement;
  return withPicked(text, isField ? { start: box.selectionStart, end: box.selectionEnd } : null, expr);
}

// Coloured text lies under the field's own, which is transparent: both wrap alike.
const TEXT = "thin-scroll min-h-8 py-1.5 font-mono text-xs leading-[18px]";

type ExpressionFieldProps = {
  step: string;
  field: string;
  value: string;
  onValue: (value: string) => void;
  label: string;
  placeholder?: string;
  problems?: readonly string[];
  id?: string;
  /** What the button that takes a value says; no button without it. */
  picker?: string;
  "aria-describedby"?: string;
};

/** A small JavaScript expression: colours, completion of what exists here, its value now, and what is wrong with it. */
export function ExpressionField(props: ExpressionFieldProps) {
  const { step, field, value, onValue, label, problems = [] } = props;
  const draft = useDraft();
  const workspace = useWorkspace();
  const recorded = useEditorState((state) => state.recorded);
  const area = useRef<HTMLTextAreaElement>(null);
  const [offer, setOffer] = useState<Completions | null>(null);
  const [chosen, setChosen] = useState(0);
  const made = useId();
  const listId = `${made}-list`;
  const id = props.id ?? `${made}-field`;
  const variables = useQuery({ ...variablesQuery(workspace), enabled: value.includes("variable(") });
  const resources = useQuery({ ...resourcesQuery(workspace), enabled: value.includes("resource(") });
  const paths = useMemo(
    () => ({
      variable: variables.data?.map((one) => one.path) ?? [],
      resource: resources.data?.map((one) => one.path) ?? [],
    }),
    [variables.data, resources.data],
  );
  const tokens = useMemo(
    () => tokensOf(value, knownRoots(scopeOf(draft.value, step), field)),
    [value, draft.value, step, field],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(240, box.scrollHeight + 2)}px`;
  }, [value]);

  const suggest = (text: string, caret: number) => {
    setOffer(completionsAt(text, caret, draft, step, field, recorded, paths));
    setChosen(0);
  };
  // The paths of variables arrive while the quote is already open.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only their arrival asks again
  useEffect(() => {
    const box = area.current;
    if (box && document.activeElement === box && value) suggest(value, box.selectionStart);
  }, [paths]);
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
      if (option.opens) suggest(next, caret);
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
      <div className="flex items-start gap-1">
        <div className="relative min-w-0 flex-1">
          <pre
            aria-hidden
            className={cn(
              TEXT,
              "pointer-events-none absolute inset-0 z-1 m-0 overflow-hidden whitespace-pre-wrap break-words border border-transparent px-2.5",
            )}
          >
            <span className="block" data-colours>
              {tokens.map((token, index) => (
                <span key={index} className={COLOURS[token.kind]}>
                  {token.text}
                </span>
              ))}
            </span>
          </pre>
          <textarea
            ref={area}
            id={id}
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
            onScroll={(event) => {
              const colours = event.currentTarget.previousElementSibling;
              if (colours) colours.scrollTop = event.currentTarget.scrollTop;
            }}
            onKeyDown={onKeyDown}
            onBlur={() => setOffer(null)}
            className={cn(
              fieldLook,
              TEXT,
              "block resize-none",
              value && "[-webkit-text-fill-color:transparent]",
            )}
          />
        </div>
        {props.picker && (
          <ValuePicker
            step={step}
            name={`the ${label.charAt(0).toLowerCase()}${label.slice(1)}`}
            label={props.picker}
            onPick={(expr) => onValue(pickedInto(id, value, expr))}
            className="mt-1 shrink-0"
          />
        )}
      </div>
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
