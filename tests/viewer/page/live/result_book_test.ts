import { assertEquals } from "@std/assert";
import { type Result, ResultBook } from "../../../../lib/viewer/page/live/result_book.ts";

const result = (reason: string): Result => ({
  result: "defect",
  reasons: [reason],
  boxes: [],
  measures: {},
  tookMs: 1,
});
const key = (sequence: number, timeMs: number, run = "r") => ({ run, sequence, timeMs });

/** A book of pictures 1, 2, 3 … taken `stepMs` apart. */
function bookOf(stepMs: number, count = 10): ResultBook {
  const book = new ResultBook();
  for (let i = 1; i <= count; i++) book.notePicture(key(i, i * stepMs));
  return book;
}

const skipped: Result = { result: "not analysed", reasons: ["busy"], boxes: [], measures: {}, tookMs: 0 };
const over = (book: ResultBook, sequence: number, timeMs: number, run = "r") =>
  book.over(key(sequence, timeMs, run))?.reasons[0];

Deno.test("a result is drawn over its own picture, and over those of the next half second", () => {
  const book = bookOf(100);
  book.noteResult("r", 2, result("two"));
  assertEquals(over(book, 2, 200), "two");
  assertEquals(over(book, 7, 700), "two");
  assertEquals(over(book, 8, 800), undefined);
});

Deno.test("a result waits for its picture: an older one does not get it", () => {
  const book = bookOf(100);
  book.noteResult("r", 5, result("five"));
  assertEquals(over(book, 4, 400), undefined);
  assertEquals(over(book, 5, 500), "five");
});

Deno.test("of several results the nearest before the picture counts, in whichever order they came", () => {
  const book = bookOf(100);
  book.noteResult("r", 4, result("four"));
  book.noteResult("r", 2, result("two"));
  assertEquals([over(book, 3, 300), over(book, 6, 600)], ["two", "four"]);
});

Deno.test("nothing is carried over from another run, or from a picture nobody knows", () => {
  const book = bookOf(100);
  book.noteResult("r", 9, result("nine"));
  book.notePicture(key(10, 950, "new"));
  assertEquals(over(book, 10, 950, "new"), undefined);
  book.noteResult("new", 3, result("three"));
  assertEquals(over(book, 10, 950, "new"), undefined);
});

Deno.test("it forgets what is long over, and keeps the newest", () => {
  const book = bookOf(1, 5_000);
  for (let i = 1; i <= 5_000; i++) book.noteResult("r", i, result(String(i)));
  assertEquals([over(book, 1, 1), over(book, 5_000, 5_000), book.newest?.reasons[0]], [undefined, "5000", "5000"]);
});

Deno.test("a picture which was left out keeps the boxes and the verdict of the one before, for a while", () => {
  const book = bookOf(100, 5);
  book.noteResult("r", 3, result("three"));
  book.noteResult("r", 4, skipped);
  assertEquals([over(book, 4, 400), book.newest?.reasons[0]], ["three", "three"]);
  for (let i = 6; i <= 24; i++) book.notePicture(key(i, i * 100));
  book.noteResult("r", 24, skipped);
  assertEquals([over(book, 24, 2_400), book.newest?.reasons[0]], ["busy", "busy"]);
});
