import type { Property, Schema } from "@/api/types";
import { COMPUTED_DEFAULT, fieldKind, orderedNames } from "@/features/schema-form/kind";
import { Badge } from "@/ui/badge";
import { Table, Td, Th, Tr } from "@/ui/table";

const NAMES: Record<string, string> = {
  text: "text",
  textarea: "long text",
  "one-of": "one of",
  "date-time": "date and time",
  choices: "choices",
  "stored-file": "stored file",
  json: "object",
  unknown: "any",
};

/** The type of an argument in a word. */
export function kindLabel(property: Property): string {
  const kind = fieldKind(property);
  if (kind.kind === "resource") return kind.type;
  if (kind.kind === "number") return property.type ?? "number";
  if (kind.kind === "list") return property.originalType ?? "list";
  return NAMES[kind.kind] ?? kind.kind;
}

/** The arguments of a script as a table. */
export function SchemaTable({ schema }: { schema: Schema | null | undefined }) {
  const names = orderedNames(schema ?? { properties: {} });
  if (names.length === 0)
    return <p className="px-4 py-6 text-sm text-muted">This script takes no arguments.</p>;
  return (
    <Table>
      <thead>
        <tr>
          <Th>Argument</Th>
          <Th>Type</Th>
          <Th>Default</Th>
          <Th>Description</Th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const property = schema?.properties[name];
          if (!property) return null;
          const label = kindLabel(property);
          const fallback = property.default;
          return (
            <Tr key={name}>
              <Td className="whitespace-nowrap font-mono text-xs">
                {name}
                {schema?.required?.includes(name) && <span className="ml-0.5 text-danger">*</span>}
              </Td>
              <Td>
                <Badge>{label}</Badge>
              </Td>
              <Td className="max-w-52 truncate font-mono text-xs text-muted">
                {fallback === null || fallback === undefined
                  ? "—"
                  : fallback === COMPUTED_DEFAULT
                    ? "computed"
                    : JSON.stringify(fallback)}
              </Td>
              <Td className="text-muted">{property.description || "—"}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
