import { useQuery } from "@tanstack/react-query";
import { highlighted } from "./highlight";

/** The markup of a text's lines, once its language is there; null before, and where it has no colours. */
export function useColours(text: string, language: string | undefined): readonly string[] | null {
  const { data } = useQuery({
    queryKey: ["colours", language, text],
    queryFn: () => highlighted(text, language ?? ""),
    enabled: language !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  return data ?? null;
}

/** One line of code, in colours where there are some. */
export function CodeLine({ text, markup }: { text: string; markup: string | undefined }) {
  if (!markup) return <code className="whitespace-pre">{text || " "}</code>;
  return (
    <code
      className="whitespace-pre"
      // biome-ignore lint/security/noDangerouslySetInnerHtml: the highlighter escapes the text
      dangerouslySetInnerHTML={{ __html: markup }}
    />
  );
}
