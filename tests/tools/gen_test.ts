import { assertEquals } from "@std/assert";
import { differences } from "../../tools/gen.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

async function fill(folder: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  return folder;
}

Deno.test("differences: names what changed, what is missing and what nobody makes any more", async () => {
  await using folder = await tempFolder();
  const fresh = await fill(folder.join("fresh"), { "same.ts": "a", "v1/changed.ts": "new", "v1/missing.ts": "m" });
  const committed = await fill(folder.join("old"), { "same.ts": "a", "v1/changed.ts": "old", "left_over.ts": "l" });
  assertEquals(await differences(fresh, committed), ["left_over.ts", "v1/changed.ts", "v1/missing.ts"]);
  assertEquals(await differences(fresh, fresh), []);
  assertEquals(await differences(folder.join("nothing"), committed), ["left_over.ts", "same.ts", "v1/changed.ts"]);
});
