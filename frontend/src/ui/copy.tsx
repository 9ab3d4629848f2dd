import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, type ButtonProps } from "./button";

/** Puts text on the clipboard, also on plain http where the clipboard API does not exist. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
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
