/**
 * How well an entry of the palette fits, 0 to 1: every word that was typed is in it, better at the beginning of one
 * of its own. Letters that merely follow each other do not count, or Enter would lead where nobody looked.
 */
export function score(entry: string, typed: string): number {
  const text = entry.toLowerCase();
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  let sum = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    const begins = at === 0 || text.split(/[\s/_.-]+/).some((own) => own.startsWith(word));
    sum += begins ? 1 : 0.5;
  }
  return words.length === 0 ? 1 : sum / words.length;
}
