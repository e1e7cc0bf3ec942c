/**
 * Sends one file with tus-js-client: `tus_client.ts FILE PORT`. A read stream of a path is not buffered by the
 * client, so that its default of one request for everything holds: the fastest way it has.
 */
import { Upload } from "npm:tus-js-client@4.3.1";
import { createReadStream, statSync } from "node:fs";
import process from "node:process";

const [file, port] = process.argv.slice(2);
if (file === undefined || port === undefined) throw new Error("Cannot send as FILE and PORT must be given");
const upload = new Upload(createReadStream(file), {
  endpoint: `http://127.0.0.1:${port}/files`,
  uploadSize: statSync(file).size,
  retryDelays: null,
  onError: (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
  onSuccess: () => process.exit(0),
});
upload.start();
