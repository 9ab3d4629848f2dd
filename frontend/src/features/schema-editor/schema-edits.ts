import type { Property, Schema } from "@/api/types";
import { orderedNames } from "@/features/schema-form/kind";

/** Changes of a schema's list of properties; each gives a new schema. */

export function addProperty(schema: Schema): { schema: Schema; name: string } {
  const known = schema.properties ?? {};
  let n = Object.keys(known).length + 1;
  while (Object.hasOwn(known, `input_${n}`)) n += 1;
  const name = `input_${n}`;
  return {
    name,
    schema: {
      ...schema,
      properties: { ...known, [name]: { type: "string" } },
      order: [...orderedNames(schema), name],
    },
  };
}

export function removeProperty(schema: Schema, name: string): Schema {
  const { [name]: _gone, ...properties } = schema.properties ?? {};
  const without = (names: string[] | undefined) => names?.filter((known) => known !== name);
  return {
    ...schema,
    properties,
    required: without(schema.required) ?? [],
    order: without(schema.order) ?? [],
  };
}

export function setProperty(schema: Schema, name: string, property: Property): Schema {
  return { ...schema, properties: { ...schema.properties, [name]: property } };
}

export function setRequired(schema: Schema, name: string, required: boolean): Schema {
  const others = (schema.required ?? []).filter((known) => known !== name);
  return { ...schema, required: required ? [...others, name] : others };
}

/** Why a property cannot be called so, or null. */
export function nameProblem(schema: Schema, name: string, current: string): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "Letters, digits and “_”, beginning with a letter.";
  if (name !== current && Object.hasOwn(schema.properties ?? {}, name)) return `There is “${name}” already.`;
  return null;
}
