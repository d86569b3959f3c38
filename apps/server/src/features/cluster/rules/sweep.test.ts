import { expect, test } from "vitest";
import { compareLook, type Observations } from "./sweep.ts";

const LAPSE_MS = 60_000;

interface Row {
  id: string;
  state: string;
  heartbeats: number;
  lapseMs: number;
}

function row(id: string, heartbeats: number, changes: Partial<Row> = {}): Row {
  return { id, state: "ready", heartbeats, lapseMs: LAPSE_MS, ...changes };
}

/** Looks at the rows at these times, one after the other; the ids that had lapsed at the last look. */
function lapsedAfter(...looks: [atMs: number, rows: Row[]][]): string[] {
  let observations: Observations = new Map();
  let last: string[] = [];
  for (const [atMs, rows] of looks) {
    const timing = { ownId: "own", ownLapseMs: LAPSE_MS, askedAtMs: atMs, answeredAtMs: atMs + 10 };
    const result = compareLook(observations, { ...timing, rows });
    observations = result.observations;
    last = result.lapsed.map(({ id }) => id);
  }
  return last;
}

test("a count that stands still for the lapse time has lapsed, one that moved has not", () => {
  expect(lapsedAfter([0, [row("still", 7), row("beats", 7)]], [61_000, [row("still", 7), row("beats", 8)]])).toEqual([
    "still",
  ]);
});

test("nobody has lapsed at the first look, however old its row is", () => {
  expect(lapsedAfter([1_000_000, [row("old", 3)]])).toEqual([]);
});

test("the lapse counts from the answer of one look to the question of the next", () => {
  expect(lapsedAfter([0, [row("a", 1)]], [60_010, [row("a", 1)]])).toEqual([]);
  expect(lapsedAfter([0, [row("a", 1)]], [60_011, [row("a", 1)]])).toEqual(["a"]);
});

test("a beat in between begins the lapse anew", () => {
  expect(lapsedAfter([0, [row("a", 1)]], [50_000, [row("a", 2)]], [100_000, [row("a", 2)]])).toEqual([]);
});

test("an instance that was promised more time gets it", () => {
  const patient = row("a", 1, { lapseMs: 2 * LAPSE_MS });
  expect(lapsedAfter([0, [patient]], [70_000, [patient]])).toEqual([]);
  expect(lapsedAfter([0, [patient]], [130_000, [patient]])).toEqual(["a"]);
});

test("the own row and those that are gone are left alone", () => {
  const rows = [row("own", 1), row("gone", 1, { state: "gone" })];
  expect(lapsedAfter([0, rows], [100_000, rows])).toEqual([]);
});
