import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, type ButtonProps } from "./button";

/** Puts text on the clipboard, also on plain http where the clipboard API does not exist. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = unseenField();
  area.value = text;
  const giveBack = takeFocus(area);
  area.select();
  document.execCommand("copy");
  giveBack();
}

/**
 * Hands on what a press of Ctrl+V pastes where nothing is typed. Called while the key goes down: the browser then
 * pastes into a field made for that, whatever is selected on the page and whether the page may read the clipboard.
 */
export function catchPaste(onText: (text: string) => void): void {
  const area = unseenField();
  const giveBack = takeFocus(area);
  area.addEventListener("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    giveBack();
    onText(event.clipboardData?.getData("text/plain") ?? "");
  });
  // Nothing was pasted: the clipboard is empty, or holds no text.
  for (const end of ["keyup", "blur"]) area.addEventListener(end, giveBack);
}

function unseenField(): HTMLTextAreaElement {
  const area = document.createElement("textarea");
  area.setAttribute("aria-hidden", "true");
  area.tabIndex = -1;
  area.style.cssText =
    "position: fixed; top: 0; left: 0; width: 1px; height: 1px; opacity: 0; pointer-events: none";
  return area;
}

/** Puts a field on the page with the keys in it; what is returned removes it and gives them back. */
function takeFocus(area: HTMLTextAreaElement): () => void {
  const before = document.activeElement;
  document.body.append(area);
  area.focus({ preventScroll: true });
  let over = false;
  return () => {
    if (over) return;
    over = true;
    const kept = document.activeElement === area;
    area.remove();
    if (kept && before instanceof HTMLElement) before.focus({ preventScroll: true });
  };
}

export function CopyButton({
  text,
  label = "Copy",
  children,
  ...rest
}: ButtonProps & { text: string | (() => string); label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      variant="ghost"
      size={children ? "sm" : "icon-sm"}
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        event.preventDefault();
        void copyText(typeof text === "function" ? text() : text).then(() => setCopied(true));
      }}
      {...rest}
    >
      {copied ? <Check className="text-success" /> : <Copy />}
      {children}
    </Button>
  );
}

/** A command or snippet that is meant to be copied. */
export function Snippet({ code, label }: { code: string; label?: string }) {
  return (
    <div className="group relative overflow-hidden rounded-md border border-line bg-sunken">
      {label && <div className="border-b border-line px-3 py-1.5 text-xs text-muted">{label}</div>}
      <pre className="thin-scroll overflow-x-auto whitespace-pre px-3 py-2.5 pr-10 font-mono text-xs leading-5">
        {code}
      </pre>
      <CopyButton text={code} className="absolute bottom-1 right-1 bg-sunken" />
    </div>
  );
}
