/** Settings that tell which components are one's own (spec/ingestion.md §4, Internal flag). */
export interface InternalSettings {
  groupsRegex: string | null;
  namesRegex: string | null;
  matchMode: string | null;
}

/** Tells whether a component is internal. */
export type InternalRule = (component: { group?: string | undefined; name: string }) => boolean;

/** Compiles the settings; an expression that is no regular expression matches nothing. */
export function internalRule({ groupsRegex, namesRegex, matchMode }: InternalSettings): InternalRule {
  const groups = wholeMatch(groupsRegex);
  const names = wholeMatch(namesRegex);
  if (groups === undefined && names === undefined) return () => false;
  const all = matchMode?.toUpperCase() === "AND";
  return ({ group, name }) => {
    const groupMatches = groups === undefined ? all : group !== undefined && groups.test(group);
    const nameMatches = names === undefined ? all : names.test(name);
    return all ? groupMatches && nameMatches : groupMatches || nameMatches;
  };
}

const NOTHING = /(?!)/;

function wholeMatch(text: string | null): RegExp | undefined {
  if (text === null || text.trim() === "") return undefined;
  try {
    return new RegExp(`^(?:${text})$`, "u");
  } catch {
    return NOTHING;
  }
}
