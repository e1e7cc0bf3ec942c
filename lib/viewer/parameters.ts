/** Parameters of a query, checked: what is wrong is told with its name, what it may be and what it was. */
import { LIMITS } from "../config/limits.ts";
import type { Verdict } from "../protocol/frame.ts";
import { jsonAnswer } from "./answers.ts";
import { parseTime, TIME_ALLOWED } from "./times.ts";

/** Rows of an answer when nothing else is asked for. */
const LIMIT_DEFAULT = 100;

const VERDICTS: readonly Verdict[] = ["ok", "defect", "not analysed"];

/** A parameter that cannot be read; `response` says so. */
export class BadParameter extends Error {
  override readonly name = "BadParameter";
  readonly response: Response;

  constructor(name: string, allowed: string, received: string) {
    const message = `Cannot read parameter ${name} as it must be ${allowed}: received ${received.slice(0, 100)}`;
    super(message);
    this.response = jsonAnswer(400, { error: { code: "BAD_PARAMETER", parameter: name, allowed, message } });
  }
}

/** Runs `make`; a parameter that is wrong becomes the answer. */
export async function orBadParameter(make: () => Promise<Response> | Response): Promise<Response> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof BadParameter) return error.response;
    throw error;
  }
}

/** By time, or by number. */
export type Order = "ascending" | "descending";

/** How many rows. @throws {BadParameter} */
export function limitOf(query: URLSearchParams): number {
  const text = query.get("limit") ?? String(LIMIT_DEFAULT);
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (limit >= 1 && limit <= LIMITS.apiRowsMax) return limit;
  throw new BadParameter("limit", `a whole number from 1 to ${LIMITS.apiRowsMax}`, text);
}

/** A time, ms since 1970; undefined when it is not given. @throws {BadParameter} */
export function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const ms = parseTime(text);
  if (ms === null) throw new BadParameter(name, TIME_ALLOWED, text);
  return ms;
}

/** From when until when; undefined for what is not given. @throws {BadParameter} also when they are in the wrong order. */
export function timesOf(query: URLSearchParams): { sinceMs: number | undefined; untilMs: number | undefined } {
  const [sinceMs, untilMs] = [timeOf(query, "since"), timeOf(query, "until")];
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) {
    throw new BadParameter("until", "no earlier than since", query.get("until") ?? "");
  }
  return { sinceMs, untilMs };
}

/** @throws {BadParameter} */
export function verdictOf(query: URLSearchParams): Verdict | undefined {
  const text = query.get("verdict");
  if (text === null) return undefined;
  const verdict = VERDICTS.find((one) => one === text);
  if (verdict === undefined) throw new BadParameter("verdict", VERDICTS.join(" or "), text);
  return verdict;
}

/** @throws {BadParameter} */
export function orderOf(query: URLSearchParams, otherwise: Order = "descending"): Order {
  const text = query.get("order") ?? otherwise;
  if (text === "ascending" || text === "descending") return text;
  throw new BadParameter("order", "ascending or descending", text);
}

/** The number of a frame; undefined when it is not given. @throws {BadParameter} */
export function cursorOf(query: URLSearchParams): number | undefined {
  const text = query.get("cursor");
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BadParameter("cursor", "the id of a frame", text);
}

/** A name which must be given. @throws {BadParameter} */
export function nameOf(query: URLSearchParams, name: "device" | "source" | "feed" | "measure"): string {
  const text = query.get(name);
  if (text === null || text === "") throw new BadParameter(name, `the name of a ${name}`, text ?? "nothing");
  return text;
}
