import { assertEquals } from "@std/assert";
import { configSchema } from "../../lib/agent/json_schema.ts";
import { PROJECT_ROOT } from "../helpers/programs.ts";

Deno.test("json schema: deploy/edge.schema.json is what the parser takes", async () => {
  const text = await Deno.readTextFile(`${PROJECT_ROOT}deploy/edge.schema.json`);
  // deno eval 'import { configSchema } from "./lib/agent/json_schema.ts"; console.log(JSON.stringify(configSchema(), null, 2))'
  assertEquals(JSON.parse(text), configSchema());
});
