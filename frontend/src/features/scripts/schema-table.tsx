import type { Schema } from "@/api/types";
import { COMPUTED_DEFAULT, kindWords, orderedNames } from "@/features/schema-form/kind";
import { Badge } from "@/ui/badge";
import { Table, Td, Th, Tr } from "@/ui/table";

/** The inputs of a script as a table. */
export function SchemaTable({ schema }: { schema: Schema | null | undefined }) {
  const names = orderedNames(schema ?? { properties: {} });
  if (names.length === 0) return <p className="px-4 py-6 text-sm text-muted">This script takes no inputs.</p>;
  return (
    <Table>
      <thead>
        <tr>
          <Th>Input</Th>
          <Th>Type</Th>
          <Th>Default</Th>
          <Th className="hidden sm:table-cell">Description</Th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const property = schema?.properties?.[name];
          if (!property) return null;
          const label = kindWords(property);
          const fallback = property.default;
          return (
            <Tr key={name}>
              <Td>
                <span className="font-mono text-xs [overflow-wrap:anywhere]">
                  {name}
                  {schema?.required?.includes(name) && <span className="ml-0.5 text-danger">*</span>}
                </span>
                {property.description && (
                  <span className="block text-xs text-muted sm:hidden">{property.description}</span>
                )}
              </Td>
              <Td>
                <Badge>{label}</Badge>
              </Td>
              <Td className="max-w-28 truncate sm:max-w-52 font-mono text-xs text-muted">
                {fallback === null || fallback === undefined
                  ? "—"
                  : fallback === COMPUTED_DEFAULT
                    ? "computed"
                    : JSON.stringify(fallback)}
              </Td>
              <Td className="hidden text-muted sm:table-cell">{property.description || "—"}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
