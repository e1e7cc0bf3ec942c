/** JPEGs → pixels, by MozJPEG in WASM. For a worker: it takes 10 ms for 720p, and blocks meanwhile. */
import makeDecoder, { type MozJPEGModule } from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import { jpegScans } from "./jpeg_scans.ts";
import { jpegSize } from "./jpeg_size.ts";
import { jpegDecoderWasm } from "./jpeg_wasm.js";

/** Pixels, four bytes each: red, green, blue, and one which says nothing. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
}

/** From here on the decoder's memory, which never shrinks, is given back after a picture: 4K is below it. */
const LARGE_PIXELS = 9_000_000;

/** Complaints about a picture all of which is there: many cameras pad their pictures. */
const HARMLESS = /extraneous bytes|unknown (Adobe|JFIF)/i;

export class JpegDecoder {
  #complaints: string[] = [];
  #module: MozJPEGModule | undefined;

  /**
   * Decodes a picture.
   *
   * @throws {Error} with the reason when it is no JPEG, is too large, or not all of it is there; the next one may be fine.
   */
  async decode(jpeg: Uint8Array<ArrayBuffer>): Promise<Pixels> {
    const size = jpegSize(jpeg);
    if (size === null) throw new Error("it is no JPEG");
    const pixels = size.width * size.height;
    if (pixels > LIMITS.analysisPixelsMax) {
      throw new Error(`it must have <= ${LIMITS.analysisPixelsMax} pixels: received ${size.width} × ${size.height}`);
    }
    if (jpegScans(jpeg, LIMITS.analysisScansMax) > LIMITS.analysisScansMax) {
      throw new Error(`it must have <= ${LIMITS.analysisScansMax} scans: received more`);
    }
    this.#module ??= await this.#start();
    this.#complaints = [];
    try {
      const image = this.#module.decode(jpeg, false);
      const broken = this.#complaints.find((text) => !HARMLESS.test(text));
      // The decoder fills with grey what is missing: nobody shall measure that.
      if (image === null || broken !== undefined) throw new Error(broken ?? "it holds no picture");
      if (pixels > LARGE_PIXELS) this.#module = undefined;
      return { width: image.width, height: image.height, rgba: image.data as Uint8ClampedArray };
    } catch (error) {
      // It "exits" in the middle of its work, and what it held is lost: begin with fresh memory.
      this.#module = undefined;
      throw new Error(this.#complaints[0] ?? messageOf(error), { cause: error });
    }
  }

  #start(): Promise<MozJPEGModule> {
    const complain = (text: string) => void this.#complaints.push(text);
    const options = {
      noInitialRun: true,
      print: complain,
      printErr: complain,
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
        const instance = new WebAssembly.Instance(jpegDecoderWasm, imports);
        done(instance);
        return instance.exports;
      },
    };
    return makeDecoder(options as unknown as Parameters<typeof makeDecoder>[0]);
  }
}
