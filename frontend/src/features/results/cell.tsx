/** One value of a table. */
export function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint">—</span>;
  if (typeof value === "boolean")
    return <span className={value ? "text-success" : "text-muted"}>{String(value)}</span>;
  if (typeof value === "number")
    return <>{value.toLocaleString("en", { maximumFractionDigits: 6, useGrouping: false })}</>;
  if (typeof value === "string" && /^https?:\/\/\S+$/.test(value)) {
    return (
      <a href={value} target="_blank" rel="noreferrer noopener" className="text-accent-text hover:underline">
        {value}
      </a>
    );
  }
  if (typeof value === "object")
    return <span className="font-mono text-xs text-muted">{JSON.stringify(value)}</span>;
  return <>{String(value)}</>;
}
