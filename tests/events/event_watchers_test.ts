import { assertEquals } from "@std/assert";
import { EventWatchers } from "../../lib/events/event_watchers.ts";
import type { FeedOrigin } from "../../lib/events/live_event.ts";

Deno.test("watchers are told of each live event once, whoever brought it first", () => {
  const told: string[] = [];
  const watchers = new EventWatchers([{
    stored: ({ feedId, late }, events) => {
      told.push(`${feedId}${late ? " late" : ""}: ${events.map(({ sequence }) => sequence).join(" ")}`);
    },
  }]);
  const tell = (first: number, last: number, stored: number, more: Partial<FeedOrigin> = {}) => {
    const events = Array.from({ length: last - first + 1 }, (_, index) => ({
      ...{ sequence: first + index, timeMs: 0, body: { kind: "text", text: "" } as const },
    }));
    watchers.stored({ feedId: 1, device: "d", feed: "f", run: "r", late: false, ...more }, events, stored);
  };
  tell(1, 3, 3);
  tell(2, 5, 2);
  tell(4, 5, 0);
  tell(1, 2, 2, { feedId: 2 });
  tell(1, 1, 1, { run: "another" });
  tell(4, 6, 1);
  for (const run of ["3", "4", "5", "6"]) tell(1, 1, 1, { feedId: 3, run });
  tell(1, 2, 1, { feedId: 3, run: "3" });
  tell(1, 2, 2, { late: true });
  tell(1, 2, 0, { late: true });
  assertEquals(told, ["1: 1 2 3", "1: 4 5", "2: 1 2", "1: 1", "1: 6", ...Array(4).fill("3: 1"), "3: 2", "1 late: 1 2"]);
});
