import { assertEquals } from "@std/assert";
import { inlinePolicy } from "../../lib/viewer/media_type.ts";

Deno.test("inlinePolicy shows nothing which could run as part of the page", () => {
  for (const type of ["video/mp4", "video/x-matroska", "audio/mpeg", "image/jpeg", "image/png", "Video/MP4"]) {
    assertEquals(inlinePolicy(type), { type: type.toLowerCase(), inline: true });
  }
  const refused = [
    "text/html",
    "image/svg+xml",
    "application/pdf",
    "text/xml",
    "",
    "video/",
    "video/mp4\r\nx: y",
    "video/mp4; a=b",
  ];
  for (const type of refused) {
    assertEquals(inlinePolicy(type), { type: "application/octet-stream", inline: false }, type);
  }
});
