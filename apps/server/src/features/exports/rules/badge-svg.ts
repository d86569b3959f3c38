/** Numbers of a project a badge shows; undefined before they are counted for the first time. */
export type BadgeCounts = Record<"critical" | "high" | "medium" | "low" | "unassigned", number> | undefined;

const LABEL = "vulnerabilities";
const LABEL_COLOUR = "#44474d";
const COLOURS = {
  critical: "#a3123a",
  high: "#cf3e1b",
  medium: "#b35c00",
  low: "#2d6a9f",
  unassigned: "#60656f",
} as const;
const NONE_COLOUR = "#2c7a3f";
const UNKNOWN_COLOUR = "#60656f";

const HEIGHT = 20;
const BASELINE = 14;
const PADDING = 6;
/** Width of a character on average, in the font named; `textLength` makes every text exactly as wide as its room. */
const CHARACTER_WIDTH = 6.6;

interface Field {
  text: string;
  colour: string;
}

/** Counts of vulnerabilities by severity as an SVG picture; severities without any are left out. */
export function vulnerabilityBadge(counts: BadgeCounts): string {
  return badge([{ text: LABEL, colour: LABEL_COLOUR }, ...fieldsOf(counts)]);
}

function fieldsOf(counts: BadgeCounts): Field[] {
  if (counts === undefined) return [{ text: "no metrics", colour: UNKNOWN_COLOUR }];
  const severities = Object.keys(COLOURS) as (keyof typeof COLOURS)[];
  const fields = severities.filter((severity) => counts[severity] > 0);
  if (fields.length === 0) return [{ text: "none", colour: NONE_COLOUR }];
  return fields.map((severity) => ({ text: `${counts[severity]} ${severity}`, colour: COLOURS[severity] }));
}

function badge(fields: readonly Field[]): string {
  let x = 0;
  const drawn = fields.map(({ text, colour }) => {
    const length = Math.round(text.length * CHARACTER_WIDTH);
    const width = length + 2 * PADDING;
    const box = `<rect x="${x}" width="${width}" height="${HEIGHT}" fill="${colour}"/>`;
    const words = `<text x="${x + PADDING}" y="${BASELINE}" textLength="${length}">${text}</text>`;
    x += width;
    return box + words;
  });
  const title = fields.map(({ text }) => text).join(", ");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${x}" height="${HEIGHT}" role="img" aria-label="${title}"><title>${title}</title>` +
    `<clipPath id="c"><rect width="${x}" height="${HEIGHT}" rx="3"/></clipPath>` +
    `<g clip-path="url(#c)" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${drawn.join("")}</g></svg>`
  );
}
