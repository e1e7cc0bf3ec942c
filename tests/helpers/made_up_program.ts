import type { Program } from "../../lib/platform/program.ts";

/** What {@linkcode MadeUpProgram.exit} throws, as the real one never returns. */
export class Exited extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`Exited with ${code}`);
    this.code = code;
  }
}

/** The surroundings of a program which a test looks into. */
export class MadeUpProgram implements Program {
  args: readonly string[] = [];
  hostname = "made-up-host";
  readonly system = "test";
  readonly stdin: ReadableStream<Uint8Array>;
  readonly variables: Record<string, string> = {};
  readonly texts: Record<string, string> = {};
  /** Lines on standard output. */
  readonly lines: string[] = [];
  /** Bytes on standard output; null is what a pipe does whose reader is gone. */
  output: Uint8Array[] | null = [];
  /** Everything on standard error. */
  errors = "";
  columns = 0;
  #stops = new Set<() => void>();

  constructor(stdin: readonly Uint8Array[] = []) {
    this.stdin = ReadableStream.from(stdin);
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const stop of this.#stops) stop();
  }

  env(name: string): string | undefined {
    return this.variables[name];
  }

  readText(path: string): string {
    const text = this.texts[path];
    if (text === undefined) throw new Deno.errors.NotFound(`No such file: ${path}`);
    return text;
  }

  readBytes(path: string | URL): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.readText(String(path)));
  }

  makeTempFolder(): { readonly path: string; remove(): void } {
    throw new Error("Cannot make a folder in a made-up program");
  }

  printLine(line: string): void {
    this.lines.push(line);
  }

  writeOutput(bytes: Uint8Array): Promise<boolean> {
    this.output?.push(bytes.slice());
    return Promise.resolve(this.output !== null);
  }

  printError(text: string): void {
    this.errors += text;
  }

  terminalColumns(): number {
    return this.columns;
  }

  onStop(stop: () => void): () => void {
    this.#stops.add(stop);
    return () => this.#stops.delete(stop);
  }

  onUnhandledRejection(): void {}

  exit(code: number): never {
    throw new Exited(code);
  }
}
