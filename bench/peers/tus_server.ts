/** A tus server with its file store, as its documentation starts one: `tus_server.ts DIR`. */
import { Server } from "npm:@tus/server@2.4.5";
import { FileStore } from "npm:@tus/file-store@2.1.1";
import { createServer } from "node:http";
import process from "node:process";

const tus = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] ?? "." }) });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot listen as there is no TCP address");
  process.stdout.write(JSON.stringify({ event: "ready", port: address.port }) + "\n");
});
