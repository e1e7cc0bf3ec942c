import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FrameResults } from "../../lib/store/frame_results.ts";
import { resultOf } from "../helpers/frame_store_fixture.ts";

const ids = (results: FrameResults) => results.take().map(({ id, verdict }) => `${id} ${verdict}`);

Deno.test("FrameResults brings results to their frames, whichever comes first", () => {
  const results = new FrameResults();
  results.add(1, resultOf("ok"));
  assertEquals(results.early(1)?.verdict, "ok");
  results.committed(1, 101, true);
  assertEquals(results.isReady, false, "it was committed with its frame");
  results.add(2, resultOf("ok"));
  results.committed(2, 102, false);
  results.committed(3, 103, false);
  results.add(3, resultOf("defect"));
  assert(results.isReady);
  assertEquals(ids(results), ["102 ok", "103 defect"]);
  assertEquals(ids(results), []);
  results.add(3, resultOf("ok"));
  assertEquals(ids(results), ["103 ok"], "a second one counts");
});

Deno.test("FrameResults remembers so many frames and results, and no more", () => {
  const results = new FrameResults();
  for (let sequence = 1; sequence <= 10_000; sequence++) {
    results.committed(sequence, sequence, false);
    results.add(20_000 + sequence, resultOf("ok"));
  }
  results.add(1, resultOf("ok"));
  results.add(10_000, resultOf("ok"));
  assertEquals(ids(results), ["10000 ok"]);
  assertEquals([results.early(20_001), results.early(30_000)?.verdict], [undefined, "ok"]);
});

Deno.test("FrameResults keeps a result within its bound, and its verdict in any case", () => {
  const results = new FrameResults();
  const box = { x: 0, y: 0, width: 1, height: 1, label: "x".repeat(1000), score: null };
  results.add(1, { ...resultOf("defect", ["y".repeat(1000)]), boxes: Array.from({ length: 100 }, () => box) });
  const json = results.early(1)!.json;
  assert(json.length <= LIMITS.resultBytesMax);
  assertEquals(JSON.parse(json).result, "defect");
});
