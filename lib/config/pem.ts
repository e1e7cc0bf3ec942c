/** Files with certificates and keys. */
import { FramewireError } from "../errors.ts";
import type { Program } from "../platform/program.ts";
import { usage } from "./values.ts";

/** The text of the PEM file (RFC 7468) that `option` names. @throws {FramewireError} `USAGE` unless it holds a `kind`. */
export function readPem(program: Program, option: string, path: string, kind: "CERTIFICATE" | "PRIVATE KEY"): string {
  let text: string;
  try {
    text = program.readText(path);
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read ${option} ${path}`, { cause });
  }
  // `RSA PRIVATE KEY` and `EC PRIVATE KEY` are private keys, too.
  if (new RegExp(`-----BEGIN ([A-Z]+ )?${kind}-----`).test(text)) return text;
  throw usage(option, `a PEM file with a ${kind.toLowerCase()}`, path);
}
