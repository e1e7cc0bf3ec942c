/** Writes a file into a connection and waits for one byte: `bare_loop_client.ts FILE PORT`. */
const BUFFER_BYTES = 256 * 1024;
const [path, port] = Deno.args;
if (path === undefined || port === undefined) throw new Error("Cannot send as FILE and PORT must be given");
const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
using file = Deno.openSync(path);
const buffer = new Uint8Array(BUFFER_BYTES);
while (true) {
  const read = file.readSync(buffer);
  if (read === null) break;
  for (let done = 0; done < read;) done += await connection.write(buffer.subarray(done, read));
}
await connection.closeWrite();
const answer = await connection.read(new Uint8Array(1));
Deno.exit(answer === 1 ? 0 : 1);
