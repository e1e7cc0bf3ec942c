/**
 * `@std/streams` with the signatures this project uses; see `assert.ts` for why.
 *
 * Source: https://jsr.io/@std/streams
 */
import * as std from "npm:deno-std@1.4.0/streams/mod.js";

const untyped = std as Record<string, unknown>;

/** Splits a stream of strings into lines, without their ends. */
export const TextLineStream: new (options?: { allowCR?: boolean }) => TransformStream<string, string> =
  untyped["TextLineStream"] as new (options?: { allowCR?: boolean }) => TransformStream<string, string>;
/** Collects a stream of bytes. */
export const toBytes: (stream: ReadableStream<Uint8Array>) => Promise<Uint8Array<ArrayBuffer>> = untyped["toBytes"] as (
  stream: ReadableStream<Uint8Array>,
) => Promise<Uint8Array<ArrayBuffer>>;
/** Collects a stream of text or UTF-8 bytes. */
export const toText: (stream: ReadableStream) => Promise<string> = untyped["toText"] as (
  stream: ReadableStream,
) => Promise<string>;
