import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SNIFF_BYTES, sniffMediaType } from "../../lib/store/media_type.ts";
import { HAS_FFMPEG, makeMedia } from "../helpers/make_media.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Bytes from text in which each character is one byte. */
const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

const UNKNOWN = "application/octet-stream";

const HEADS: readonly (readonly [string, string])[] = [
  ["\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video/mp4"],
  ["\0\0\0\x18ftypXYZ1\0\0\0\0", "video/mp4"],
  ["\0\0\0\x14ftypqt  \0\0\x02\0qt  ", "video/quicktime"],
  ["\0\0\0\x14ftypM4A \0\0\x02\0", "audio/mp4"],
  ["\0\0\0\x14ftypavif\0\0\0\0", "image/avif"],
  ["\0\0\0\x08wide\x05\0\0\0mdat", "video/quicktime"],
  ["\x05\0\0\0mdat", "video/quicktime"],
  ["\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"],
  ["\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"],
  ["\x1a\x45\xdf\xa3\xa3\x42\x82\x40\x08matroska", "video/x-matroska"],
  ["\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88other", UNKNOWN],
  ["RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"],
  ["RIFF\x10\0\0\0WAVEfmt ", "audio/wav"],
  ["RIFF\x10\0\0\0WEBPVP8 ", "image/webp"],
  ["RIFF\x10\0\0\0ACON", UNKNOWN],
  ["\x47\x40\x11\x10\0", "video/mp2t"],
  ["\x47\x40\x00\x30\0", "video/mp2t"],
  ["\xff\xd8\xff\xe0", "image/jpeg"],
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["GIF89a", "image/gif"],
  ["GIF87a", "image/gif"],
  ["GIF88a", UNKNOWN],
  ["ID3\x04", "audio/mpeg"],
  ["\xff\xfb\x90\x64", "audio/mpeg"],
  ["\xff\xfb\xf0\x64", UNKNOWN],
  ["\xff\xfe<\0h\0t\0m\0l\0", UNKNOWN],
  ["\xff\xfeh\0t\0m\0l\0", UNKNOWN],
  ["%PDF-1.7", "application/pdf"],
  ["PK\x03\x04", "application/zip"],
  ["PK\x05\x06", "application/zip"],
  ["\x1f\x8b\x08", "application/gzip"],
  ["", UNKNOWN],
  ["\0\0\0\x20ftyp", UNKNOWN],
  ["free text, no box", UNKNOWN],
  ["And ftypically", UNKNOWN],
  ["<!DOCTYPE html><script>", UNKNOWN],
  ["<html>", UNKNOWN],
  ["<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>", UNKNOWN],
  ["<svg onload=alert(1)>", UNKNOWN],
  ["#!/bin/sh", UNKNOWN],
  ["Good morning", UNKNOWN],
];

Deno.test("sniffMediaType knows a file by its first bytes", () => {
  for (const [head, type] of HEADS) assertEquals(sniffMediaType(bytesOf(head)), type, JSON.stringify(head));
});

Deno.test("sniffMediaType takes no cut head for another type", () => {
  for (const [head, type] of HEADS) {
    for (let length = 0; length < head.length; length++) {
      const cut = sniffMediaType(bytesOf(head.slice(0, length)));
      assert(cut === UNKNOWN || cut === type, `${JSON.stringify(head.slice(0, length))} is no ${cut}`);
    }
  }
});

Deno.test("sniffMediaType gives only types that a browser does not run, whatever the bytes", () => {
  const harmless =
    /^(?:video|audio)\/|^image\/(?:jpeg|png|gif|webp|avif|hei[cf])$|^application\/(?:octet-stream|pdf|zip|gzip)$/;
  const head = fc.constantFrom(...HEADS.map(([head]) => head));
  const tail = fc.constantFrom("<html>", "<script>alert(1)</script>", "<svg/onload=alert(1)>", "\xff\xfe");
  fc.assert(fc.property(head, fc.nat(20), tail, (start, length, end) => {
    assert(harmless.test(sniffMediaType(bytesOf(start.slice(0, length) + end))));
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    assert(harmless.test(sniffMediaType(bytes)));
  }));
});

Deno.test({
  name: "sniffMediaType knows the files that ffmpeg makes",
  ignore: !HAS_FFMPEG,
  async fn() {
    await using folder = await tempFolder();
    const files: readonly (readonly [string, string, ...string[]])[] = [
      ["a.mp4", "video/mp4"],
      ["a.mov", "video/quicktime"],
      ["a.webm", "video/webm", "-c:v", "libvpx"],
      ["a.mkv", "video/x-matroska"],
      ["a.avi", "video/x-msvideo"],
      ["a.ts", "video/mp2t"],
      ["a.mp3", "audio/mpeg"],
      ["b.mp3", "audio/mpeg", "-id3v2_version", "0", "-write_xing", "0"],
      ["a.mp2", "audio/mpeg"],
      ["a.wav", "audio/wav"],
      ["a.jpg", "image/jpeg", "-frames:v", "1"],
      ["a.png", "image/png", "-frames:v", "1"],
      ["a.gif", "image/gif"],
      ["a.webp", "image/webp"],
    ];
    for (const [name, type, ...options] of files) {
      await makeMedia(folder.join(name), ...options);
      const head = (await Deno.readFile(folder.join(name))).subarray(0, SNIFF_BYTES);
      assertEquals(sniffMediaType(head), type, name);
    }
  },
});
