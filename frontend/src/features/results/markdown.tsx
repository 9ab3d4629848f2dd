import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";
import { cn } from "@/ui/cn";

/** Markdown as clean markup: no scripts, no styles, no forms, pictures only when they are inline. */
export function cleanMarkdown(text: string): string {
  const html = marked.parse(text, { async: false, gfm: true, breaks: false });
  const fragment = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "textarea",
      "select",
      "button",
      "iframe",
      "video",
      "audio",
      "source",
    ],
    FORBID_ATTR: ["style", "class", "id", "name", "srcset", "background"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const image of fragment.querySelectorAll("img")) {
    // A picture of another host would tell it who reads this.
    if (!image.getAttribute("src")?.startsWith("data:image/")) image.replaceWith(image.alt || "picture");
  }
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noreferrer noopener";
  }
  const frame = document.createElement("div");
  frame.append(fragment);
  return frame.innerHTML;
}

export default function Markdown({ text, className }: { text: string; className?: string }) {
  const html = useMemo(() => cleanMarkdown(text), [text]);
  return (
    <div
      className={cn("prose-result break-words text-sm", className)}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: cleaned by DOMPurify above
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}
