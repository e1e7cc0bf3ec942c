/**
 * The decoder's WASM, compiled: an import of its source phase, which needs neither `fetch` nor a path, and is found in an
 * executable as well. In JavaScript, as TypeScript 5 does not know the syntax.
 *
 * Source: https://github.com/tc39/proposal-source-phase-imports
 */
import source wasm from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";

/** @type {WebAssembly.Module} */
export const jpegDecoderWasm = wasm;
