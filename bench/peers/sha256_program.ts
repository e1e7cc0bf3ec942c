/** Reads a file and hashes it, and does nothing else: `sha256_program.ts FILE`. */
import { sha256OfFile } from "../payload.ts";

const path = Deno.args[0];
if (path === undefined) throw new Error("Cannot hash as FILE must be given");
await sha256OfFile(path);
