import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { assert, assertEquals } from "@std/assert";
import { file_framewire_v1_analysis as schema } from "../../gen/framewire/v1/analysis_pb.ts";
import { DEFAULT_LIMITS } from "../../lib/analysis/analysis_limits.ts";
import { AnalysisPool } from "../../lib/analysis/analysis_pool.ts";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemProcesses } from "../../lib/platform/processes.ts";
import type { AnalysisResult } from "../../lib/protocol/frame.ts";
import { findOpenCv } from "../../tools/outside_tools.ts";
import { run } from "../../tools/run.ts";
import { madeUpFrame, picture } from "../analysis/frames.ts";
import { PROJECT_ROOT } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const FOLDER = `${PROJECT_ROOT}examples/python`;

const python = await findOpenCv();
// In CI nothing may be skipped: there the tests run, and fail.
const ignore = python === null && Deno.env.get("CI") !== "true";

/** What `script` and the built-in measures say about these pictures. */
async function analysed(script: string, names: readonly string[]): Promise<AnalysisResult[]> {
  assert(python !== null, "Cannot test the example as no python3 has cv2: apt-get install python3-opencv");
  const pool = new AnalysisPool({
    clock: systemClock,
    random: new SeededRandom(1),
    log: silentLog,
    processes: systemProcesses,
    workers: 1,
    limits: DEFAULT_LIMITS,
    // -B: no __pycache__ in the tree.
    analyzer: `"${python}" -B "${FOLDER}/${script}"`,
  });
  await pool.start();
  try {
    const jpegs = await Promise.all(names.map(picture));
    return await Promise.all(jpegs.map((jpeg, at) => pool.analyse(madeUpFrame({ sequence: at + 1, jpeg }), true)));
  } finally {
    await pool.stop();
  }
}

Deno.test({ name: "analyzer_opencv.py: finds what is bright, where it is", ignore }, async () => {
  const [left, right, black] = await analysed("analyzer_opencv.py", ["box_left", "box_right", "black"]);
  assertEquals([left!.result, left!.reasons], ["defect", ["Bright spots 1 must be <= 0"]]);
  assertEquals([black!.result, black!.boxes, black!.measures["spots"]], ["ok", [], 0]);
  // Drawn at 64, 96 and at 448, 288, 128 × 96 large, in 640 × 480.
  for (const [result, x, y] of [[left, 0.1, 0.2], [right, 0.7, 0.6]] as const) {
    const [box] = result!.boxes;
    assertEquals([result!.boxes.length, box!.label], [1, "bright"]);
    for (const [got, expected] of [[box!.x, x], [box!.y, y], [box!.width, 0.2], [box!.height, 0.2]] as const) {
      assert(Math.abs(got - expected) < 0.01, `${got} must be about ${expected}`);
    }
    assertEquals(typeof result!.measures["brightness"], "number");
  }
});

Deno.test({ name: "analyzer_minimal.py: answers each picture", ignore }, async () => {
  const results = await analysed("analyzer_minimal.py", ["sharp", "black"]);
  assertEquals(results.map(({ result }) => result), ["ok", "ok"]);
  const sizes = await Promise.all(["sharp", "black"].map(async (name) => (await picture(name)).length));
  assertEquals(results.map(({ measures }) => measures["bytes"]), sizes);
});

Deno.test({ name: "analysis_pb2.py was generated from the present schema", ignore }, async () => {
  const program = `
import sys
sys.path.insert(0, sys.argv[1])
import analysis_pb2
print(analysis_pb2.DESCRIPTOR.serialized_pb.hex())`;
  const { stdout, output } = await run(python!, ["-B", "-c", program, FOLDER]);
  assert(/^[0-9a-f]+\n$/.test(stdout), output);
  assertEquals(shape(fromBinary(FileDescriptorProtoSchema, Uint8Array.fromHex(stdout.trim()))), shape(schema.proto));
});

/** What a schema says, without what depends on the program that wrote it down: the path it was given, derived names. */
function shape(file: FileDescriptorProto): unknown {
  return JSON.parse(JSON.stringify({ ...file, name: "" }, (key, value) => key === "jsonName" ? undefined : value));
}
