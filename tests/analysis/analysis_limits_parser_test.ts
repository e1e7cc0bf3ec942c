import { assertEquals, assertThrows } from "@std/assert";
import { parseAnalysisLimits } from "../../lib/analysis/analysis_limits_parser.ts";
import { FramewireError } from "../../lib/errors.ts";

const WRONG: readonly (readonly [text: string, message: string])[] = [
  ["[]", "Cannot use the file of the analysis limits as it must be an object: received []"],
  [
    '{"defaults": {}}',
    'Cannot use the key in the file of the analysis limits as it must be one of default, kinds, sources: received "defaults"',
  ],
  [
    '{"kinds": {"thermal": {}}}',
    'Cannot use the key in kinds of the analysis limits as it must be one of visible, infrared, other: received "thermal"',
  ],
  [
    '{"sources": {"left": {}}}',
    'Cannot use the name in sources of the analysis limits as it must be DEVICE/SOURCE, such as box-1/left: received "left"',
  ],
  [
    '{"default": {"sharp": {}}}',
    'Cannot use the key in default of the analysis limits as it must be one of brightness, contrast, sharpness, motion, black, frozen: received "sharp"',
  ],
  [
    '{"default": {"brightness": 7}}',
    "Cannot use default.brightness of the analysis limits as it must be an object: received 7",
  ],
  [
    '{"default": {"brightness": {"min": -1}}}',
    "Cannot use default.brightness.min of the analysis limits as it must be a number from 0 to 255: received -1",
  ],
  [
    '{"sources": {"box/left": {"contrast": {"max": "5"}}}}',
    'Cannot use sources.box/left.contrast.max of the analysis limits as it must be a number from 0 to 127.5: received "5"',
  ],
  [
    '{"default": {"motion": {"min": 9, "max": 2}}}',
    "Cannot use default.motion.min of the analysis limits as it must be <= max, which is 2: received 9",
  ],
  [
    '{"default": {"black": 1}}',
    "Cannot use default.black of the analysis limits as it must be true or false: received 1",
  ],
  [
    '{"default": {"frozen": true}}',
    'Cannot use default.frozen of the analysis limits as it must be false or an object such as {"frames":5,"seconds":10}: received true',
  ],
  [
    '{"default": {"frozen": {"frames": 1}}}',
    "Cannot use default.frozen.frames of the analysis limits as it must be a number from 2 to 1000000: received 1",
  ],
];

for (const [text, message] of WRONG) {
  Deno.test(`parseAnalysisLimits: the place and what is allowed: ${text}`, () => {
    const error = assertThrows(() => parseAnalysisLimits(text), FramewireError);
    assertEquals([error.code, error.message], ["USAGE", message]);
  });
}

Deno.test("parseAnalysisLimits: what is no JSON", () => {
  assertThrows(() => parseAnalysisLimits("{"), FramewireError, "Cannot read analysis limits as they must be JSON: ");
});
