/** The field above a column: what its cells must be, in the words of column-filter.ts. */
export function FilterField({
  name,
  value,
  onValue,
}: {
  name: string;
  value: string;
  onValue: (value: string) => void;
}) {
  return (
    <th className="border-b border-line bg-sunken px-1.5 pb-1.5 font-normal">
      <input
        aria-label={`Filter ${name}`}
        title="Text to find, or > 5, <= 10, = exact, != this, empty, !empty"
        placeholder="> 5, text…"
        value={value}
        onChange={(event) => onValue(event.target.value)}
        className="h-6 w-full min-w-16 rounded border border-line bg-surface px-1.5 text-xs outline-none focus:border-accent"
      />
    </th>
  );
}
