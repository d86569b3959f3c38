/** Settings that decide whether a BOM is validated before it is accepted (spec/ingestion.md §2). */
export interface ValidationSettings {
  mode: string | null;
  /** JSON arrays of tag names. */
  inclusiveTags: string | null;
  exclusiveTags: string | null;
}

/** Whether a BOM for a project with these tags is validated. */
export function mustValidate(settings: ValidationSettings, tags: readonly string[]): boolean {
  switch (settings.mode) {
    case "DISABLED":
      return false;
    case "ENABLED_FOR_TAGS": {
      const inclusive = tagList(settings.inclusiveTags);
      return inclusive?.some((tag) => tags.includes(tag)) ?? false;
    }
    case "DISABLED_FOR_TAGS": {
      const exclusive = tagList(settings.exclusiveTags);
      return !(exclusive?.some((tag) => tags.includes(tag)) ?? false);
    }
    default:
      return true;
  }
}

/** Undefined when the list cannot be read. */
function tagList(json: string | null): string[] | undefined {
  try {
    const list: unknown = JSON.parse(json ?? "[]");
    if (!Array.isArray(list)) return undefined;
    return list.filter((tag) => typeof tag === "string").map((tag) => tag.toLowerCase());
  } catch {
    return undefined;
  }
}
