import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Code } from "lucide-react";
import { type FormEvent, lazy, Suspense, useEffect, useMemo, useState } from "react";
import { arranged, type DefaultScripts, defaultScriptsQuery } from "@/features/scripts/default-scripts";
import { LanguageIcon, languageLabel, languagesQuery, monacoLanguage } from "@/features/scripts/language";
import { defaultCode } from "@/features/scripts/templates";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Card, CardHeader } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { editDefaultScripts } from "./settings";

const SmallEditor = lazy(() => import("@/features/editor/small-editor"));

type Chosen = { order: string[]; hidden: string[]; code: Record<string, string> };

function chosenOf(languages: readonly string[], known: DefaultScripts): Chosen {
  const all = languages.map((value) => ({ value }));
  return {
    order: arranged(all, { order: known.order }).map(({ value }) => value),
    hidden: (known.hidden ?? []).filter((name) => languages.includes(name)),
    code: known.default_script_content ?? {},
  };
}

/** Only what differs from what Postmill does by itself is kept: a new language then finds its own place. */
function wordsOf({ order, hidden, code }: Chosen, languages: readonly string[]): DefaultScripts | null {
  const said: DefaultScripts = {
    ...(order.join() === languages.join() ? {} : { order }),
    ...(hidden.length > 0 ? { hidden } : {}),
    ...(Object.keys(code).length > 0 ? { default_script_content: code } : {}),
  };
  return Object.keys(said).length > 0 ? said : null;
}

/** Chooses how new scripts begin: which languages are offered, in which order, and their first code. */
export function DefaultScriptsCard() {
  const workspace = useWorkspace();
  const known = useQuery(defaultScriptsQuery(workspace));
  const offered = useQuery(languagesQuery);
  const languages = useMemo(() => (offered.data ?? []).map(({ name }) => name), [offered.data]);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [writing, setWriting] = useState<string | null>(null);
  useEffect(() => {
    if (known.data && languages.length > 0) setChosen(chosenOf(languages, known.data));
  }, [known.data, languages]);
  const save = useChange({
    run: (words: DefaultScripts | null) => editDefaultScripts(workspace, words),
    done: (words) => [words ? "New scripts begin like this now" : "New scripts begin as Postmill proposes"],
    touches: [["w", workspace, "default-scripts"]],
  });
  if (known.isError) return <ErrorState error={known.error} retry={() => void known.refetch()} />;
  const change = (part: Partial<Chosen>) => setChosen((before) => (before ? { ...before, ...part } : before));
  const move = (name: string, by: number) => {
    if (!chosen) return;
    const order = chosen.order.filter((other) => other !== name);
    order.splice(chosen.order.indexOf(name) + by, 0, name);
    change({ order });
  };
  const offer = (name: string, on: boolean) => {
    const others = (chosen?.hidden ?? []).filter((other) => other !== name);
    change({ hidden: on ? others : [...others, name] });
  };
  const write = (name: string, text: string) => {
    const { [name]: _old, ...others } = chosen?.code ?? {};
    change({ code: text === defaultCode(name) ? others : { ...others, [name]: text } });
  };
  const words = chosen && wordsOf(chosen, languages);
  const changed =
    chosen &&
    JSON.stringify(words) !== JSON.stringify(wordsOf(chosenOf(languages, known.data ?? {}), languages));
  const nothing = chosen && chosen.hidden.length >= languages.length;
  return (
    <Card>
      <CardHeader title="New scripts" />
      {!chosen ? (
        <Skeleton className="m-4 h-40" />
      ) : (
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            save.mutate(words);
          }}
        >
          <p className="px-4 pt-3 text-xs text-muted">
            The languages that are offered, the first one first, and the code that each begins with.
          </p>
          <ul aria-label="Languages" className="my-2">
            {chosen.order.map((name, at) => {
              const label = languageLabel(name);
              const shown = !chosen.hidden.includes(name);
              return (
                <li key={name} className="border-b border-line last:border-0">
                  <div className="flex items-center gap-1.5 px-4 py-1.5">
                    <LanguageIcon language={name} className={shown ? "" : "opacity-40"} />
                    <span className={`min-w-0 flex-1 truncate text-sm ${shown ? "" : "text-muted"}`}>
                      {label}
                      {name in chosen.code && <span className="ml-2 text-xs text-muted">own code</span>}
                    </span>
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={`Move ${label} up`}
                      disabled={at === 0}
                      onClick={() => move(name, -1)}
                    >
                      <ArrowUp />
                    </Button>
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={`Move ${label} down`}
                      disabled={at === chosen.order.length - 1}
                      onClick={() => move(name, 1)}
                    >
                      <ArrowDown />
                    </Button>
                    <Button
                      variant={writing === name ? "secondary" : "ghost"}
                      size="sm"
                      aria-expanded={writing === name}
                      aria-label={`First code of ${label}`}
                      onClick={() => setWriting(writing === name ? null : name)}
                    >
                      <Code /> <span className="max-sm:hidden">Code</span>
                    </Button>
                    <Switch
                      aria-label={`Offer ${label}`}
                      checked={shown}
                      onCheckedChange={(on) => offer(name, on)}
                    />
                  </div>
                  {writing === name && (
                    <div className="flex flex-col items-start gap-2 px-4 pb-3">
                      <div className="w-full">
                        <Suspense fallback={<Skeleton className="h-36" />}>
                          <SmallEditor
                            value={chosen.code[name] ?? defaultCode(name)}
                            language={monacoLanguage(name)}
                            onValue={(text) => write(name, text)}
                            label={`First code in ${label}`}
                          />
                        </Suspense>
                      </div>
                      {name in chosen.code && (
                        <Button size="sm" variant="ghost" onClick={() => write(name, defaultCode(name))}>
                          Take Postmill’s own
                        </Button>
                      )}
                    </div>
                  )}
                </li>
              );
            })}
          </ul>
          <div className="flex items-center justify-between gap-4 border-t border-line p-4">
            <p className="text-xs text-muted">{nothing ? "At least one language has to be offered." : ""}</p>
            <div className="flex gap-2">
              {Object.keys(known.data ?? {}).length > 0 && (
                <Button variant="ghost" onClick={() => save.mutate(null)}>
                  Back to Postmill’s own
                </Button>
              )}
              <Button type="submit" busy={save.isPending} disabled={!changed || Boolean(nothing)}>
                Save
              </Button>
            </div>
          </div>
        </form>
      )}
    </Card>
  );
}
