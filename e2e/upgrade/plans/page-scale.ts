/** Widths of the drawing, in its own units. */
export const PAGE = { width: 1200, left: 96, right: 16 } as const;

/** Where a time lies in the drawing. */
export interface Scale {
  readonly durationMs: number;
  x(ms: number): number;
  /** Whole seconds at which lines are drawn. */
  readonly ticksS: readonly number[];
}

const TICKS_MAX = 14;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

export function scaleOf(durationMs: number): Scale {
  const drawn = PAGE.width - PAGE.left - PAGE.right;
  const seconds = durationMs / 1000;
  const step = STEPS_S.find((each) => seconds / each <= TICKS_MAX) ?? Math.ceil(seconds / TICKS_MAX);
  const ticksS = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return { durationMs, ticksS, x: (ms) => round(PAGE.left + (Math.max(0, ms) / durationMs) * drawn) };
}

/** Vertical lines of the ticks, with their seconds below when asked. */
export function drawTicks({ ticksS, x }: Scale, top: number, bottom: number, labelled: boolean): string {
  return ticksS
    .map((second) => {
      const at = x(second * 1000);
      const label = labelled ? `<text class="tick" x="${at}" y="${bottom + 14}">${clock(second)}</text>` : "";
      return `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>${label}`;
    })
    .join("");
}

/** 0:07, 2:30. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** Text that is safe between tags and in attributes. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
