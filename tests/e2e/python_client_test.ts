import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { file_framewire_v1_framewire as schema } from "../../gen/framewire/v1/framewire_pb.ts";
import { findPython } from "../../tools/outside_tools.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { PROJECT_ROOT, type ServerProgram, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const MIB = 1024 * 1024;
const FOLDER = `${PROJECT_ROOT}examples/python`;
const DEVICE = "python-box";

const python = await findPython();
// In CI nothing may be skipped: there the tests run, and fail.
const ignore = python === null && Deno.env.get("CI") !== "true";

function startPython(args: readonly string[], env: Record<string, string> = {}): Subprocess {
  assert(
    python !== null,
    "Cannot test the example as no python3 has google.protobuf: apt-get install python3-protobuf",
  );
  // -B: no __pycache__ in the tree.
  return Subprocess.start({ command: [python, "-B", ...args], env });
}

function startExample(server: string, path: string, env?: Record<string, string>): Subprocess {
  return startPython([`${FOLDER}/send_clip.py`, "--server", server, "--device", DEVICE, path], env);
}

async function runExample(server: string, path: string, env?: Record<string, string>) {
  await using program = startExample(server, path, env);
  const { code } = await program.stopped;
  const stdout = program.stdoutLines.join("\n");
  const sentBytes = Number(/sent (\d+) of/.exec(stdout)?.[1] ?? NaN);
  return { code, stdout, stderr: program.stderr(), sentBytes };
}

function storedPath(server: ServerProgram, name: string): string {
  return `${server.data}/clips/${DEVICE}/${name}`;
}

async function assertSameFile(path: string, content: Uint8Array): Promise<void> {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  assertEquals(sha256(await Deno.readFile(path)), sha256(content));
}

Deno.test({ name: "send_clip.py: a file arrives whole; sent again, it is already there", ignore }, async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const content = new SeededRandom(1).bytes(3 * MIB + 17);
  await Deno.writeFile(folder.join("clip.bin"), content);

  const first = await runExample(server.listen, folder.join("clip.bin"));
  assertEquals([first.code, first.stderr], [0, ""]);
  assertStringIncludes(first.stdout, `Stored as clip.bin: sent ${content.length} of ${content.length} bytes`);
  await assertSameFile(storedPath(server, "clip.bin"), content);

  const second = await runExample(server.listen, folder.join("clip.bin"));
  assertStringIncludes(second.stdout, `Already there as clip.bin: sent 0 of ${content.length} bytes`);
});

Deno.test({ name: "send_clip.py: an empty file arrives", ignore }, async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  await Deno.writeFile(folder.join("empty"), new Uint8Array(0));
  assertEquals((await runExample(server.listen, folder.join("empty"))).code, 0);
  assertEquals((await Deno.stat(storedPath(server, "empty"))).size, 0);
});

Deno.test({ name: "send_clip.py: killed midway, the next run sends only what is missing", ignore }, async () => {
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 4 * MIB } });
  await using folder = await tempFolder();
  const content = new SeededRandom(2).bytes(16 * MIB);
  await Deno.writeFile(folder.join("clip.bin"), content);

  const killed = startExample(proxy.address, folder.join("clip.bin"));
  const heldBytes = await waitFor(async () => {
    const held = await heldByServer(server);
    return held >= 2 * MIB && held;
  }, { what: "2 MiB to be held", deadlineMs: 30_000 });
  await killed.kill("SIGKILL");
  assert(heldBytes < content.length, "it was too fast to be killed midway");

  const next = await runExample(server.listen, folder.join("clip.bin"));
  assertEquals([next.code, next.stderr], [0, ""]);
  assert(
    next.sentBytes > 0 && next.sentBytes <= content.length - heldBytes,
    `sent ${next.sentBytes}, had ${heldBytes}`,
  );
  await assertSameFile(storedPath(server, "clip.bin"), content);
});

async function heldByServer(server: ServerProgram): Promise<number> {
  const { clips } = await (await fetch(`${server.http}/api/clips`)).json();
  return clips[0]?.heldBytes ?? 0;
}

Deno.test({ name: "send_clip.py: what is there of other content is not continued", ignore }, async () => {
  await using server = await startServer();
  await using folder = await tempFolder();
  const content = new SeededRandom(3).bytes(MIB);
  await Deno.writeFile(folder.join("clip.bin"), content);
  await using box = await RawBox.connect(server.listen);
  await box.hello(DEVICE);
  await box.open(1, "clip.bin", content.length);
  await box.expect("clipAccepted");
  await box.chunk(1, 0, new SeededRandom(4).bytes(64 * 1024));
  await box.expect("ack");
  box.close();

  const { code, sentBytes } = await runExample(server.listen, folder.join("clip.bin"));
  assertEquals([code, sentBytes], [0, content.length]);
  await assertSameFile(storedPath(server, "clip.bin"), content);
});

Deno.test({ name: "send_clip.py: a token from the environment; a wrong one is refused for good", ignore }, async () => {
  await using server = await startServer({ env: { FRAMEWIRE_TOKEN: "open-sesame" } });
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("a.txt"), "hello");
  const refused = await runExample(server.listen, folder.join("a.txt"), { FRAMEWIRE_TOKEN: "wrong" });
  assertEquals(refused.code, 3);
  assertStringIncludes(refused.stderr, "UNAUTHENTICATED");
  const taken = await runExample(server.listen, folder.join("a.txt"), { FRAMEWIRE_TOKEN: "open-sesame" });
  assertEquals([taken.code, taken.stderr], [0, ""]);
});

Deno.test({ name: "send_clip.py: without a server it says so, and that one may try again", ignore }, async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.join("a.txt"), "hello");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code, stderr } = await runExample(`127.0.0.1:${port}`, folder.join("a.txt"));
  assertEquals(code, 4);
  assertStringIncludes(stderr, "refused");
});

Deno.test({ name: "framewire_pb2.py was generated from the present schema", ignore }, async () => {
  const program = `
import sys
sys.path.insert(0, sys.argv[1])
import framewire_pb2
print(framewire_pb2.DESCRIPTOR.serialized_pb.hex())`;
  await using run = startPython(["-c", program, FOLDER]);
  assertEquals([(await run.stopped).code, run.stderr()], [0, ""]);
  const generated = fromBinary(FileDescriptorProtoSchema, Uint8Array.fromHex(run.stdoutLines[0]!));
  assertEquals(shape(generated), shape(schema.proto));
});

/** What a schema says, without what depends on the program that wrote it down: the path it was given, derived names. */
function shape(file: FileDescriptorProto): unknown {
  return JSON.parse(JSON.stringify({ ...file, name: "" }, (key, value) => key === "jsonName" ? undefined : value));
}
