/** The JSON Schema of `edge.json`, for editors: made from the tables of the parser. */
import { type KeySpec, SECTIONS, type SectionSpec, TOP } from "./config_table.ts";

/** The schema, as `deploy/edge.schema.json` holds it. */
export function configSchema(): object {
  const sections = Object.entries(SECTIONS).map(([name, spec]) => {
    const object = objectSchema(spec);
    return [name, spec.isList ? { description: spec.help, type: "array", items: object } : object];
  });
  const top = objectSchema(TOP);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Framewire agent",
    allowTrailingCommas: true,
    ...top,
    properties: { ...top.properties, ...Object.fromEntries(sections) },
  };
}

function objectSchema({ help, keys, oneOf }: SectionSpec) {
  const required = keys.filter((key) => key.required).map(({ name }) => name);
  return {
    description: help,
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map((name) => ({ required: [name] })) }),
    properties: Object.fromEntries(keys.map((key) => [key.name, keySchema(key)])),
  };
}

function keySchema({ types, help, choices }: KeySpec): object {
  if (types[0] === "texts") return { description: help, type: "array", items: { type: "string" }, minItems: 1 };
  const type = types.length === 1 ? types[0] : types;
  return { description: help, type, ...(choices === undefined ? {} : { enum: choices }) };
}
