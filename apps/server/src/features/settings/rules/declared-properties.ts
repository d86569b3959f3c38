/** A setting kept in the database and changed at run time (spec: configuration, "Database-stored properties"). */
export interface DeclaredProperty {
  group: string;
  name: string;
  type: "BOOLEAN" | "INTEGER" | "NUMBER" | "STRING" | "URL" | "UUID";
  value: string | null;
  meaning: string;
  /** PUBLIC needs no authentication, INTERNAL any, RESTRICTED the permission for configuration. */
  visibility: "PUBLIC" | "INTERNAL" | "RESTRICTED";
  readOnly?: boolean;
  min?: number;
  max?: number;
  allowed?: readonly string[];
}

/** Settings that this version reads. Others of the reference follow with the features that read them. */
export const DECLARED_PROPERTIES: readonly DeclaredProperty[] = [
  {
    group: "access-management",
    name: "acl.enabled",
    type: "BOOLEAN",
    value: "false",
    visibility: "PUBLIC",
    meaning: "Restrict projects to the teams they are granted to",
  },
  {
    group: "artifact",
    name: "bom.validation.mode",
    type: "STRING",
    value: "ENABLED",
    visibility: "RESTRICTED",
    allowed: ["ENABLED", "DISABLED", "ENABLED_FOR_TAGS", "DISABLED_FOR_TAGS"],
    meaning: "Which uploaded BOMs are validated against the schema",
  },
  {
    group: "artifact",
    name: "bom.validation.tags.inclusive",
    type: "STRING",
    value: "[]",
    visibility: "RESTRICTED",
    meaning: "JSON list of tags for ENABLED_FOR_TAGS",
  },
  {
    group: "artifact",
    name: "bom.validation.tags.exclusive",
    type: "STRING",
    value: "[]",
    visibility: "RESTRICTED",
    meaning: "JSON list of tags for DISABLED_FOR_TAGS",
  },
  {
    group: "general",
    name: "base.url",
    type: "URL",
    value: null,
    visibility: "RESTRICTED",
    meaning: "Public address of the web interface, for links",
  },
  {
    group: "general",
    name: "badge.enabled",
    type: "BOOLEAN",
    value: "false",
    visibility: "RESTRICTED",
    meaning: "Show badges of projects to everybody, without authentication",
  },
  {
    group: "internal-components",
    name: "groups.regex",
    type: "STRING",
    value: null,
    visibility: "RESTRICTED",
    meaning: "Groups of internal components",
  },
  {
    group: "internal-components",
    name: "names.regex",
    type: "STRING",
    value: null,
    visibility: "RESTRICTED",
    meaning: "Names of internal components",
  },
  {
    group: "internal-components",
    name: "match-mode",
    type: "STRING",
    value: "OR",
    visibility: "RESTRICTED",
    allowed: ["OR", "AND"],
    meaning: "Whether one pattern suffices or both must match",
  },
  {
    group: "maintenance",
    name: "metrics.retention.days",
    type: "INTEGER",
    value: "90",
    visibility: "RESTRICTED",
    min: 1,
    max: 3650,
    meaning: "Days for which the numbers of projects are kept",
  },
  {
    group: "maintenance",
    name: "projects.retention.type",
    type: "STRING",
    value: null,
    visibility: "RESTRICTED",
    allowed: ["AGE", "VERSIONS"],
    meaning: "Which inactive projects are deleted: by age, by number of versions, or, when unset, none",
  },
  {
    group: "maintenance",
    name: "projects.retention.days",
    type: "INTEGER",
    value: "30",
    visibility: "RESTRICTED",
    min: 1,
    max: 36500,
    meaning: "For AGE: inactive projects are deleted after so many days",
  },
  {
    group: "maintenance",
    name: "projects.retention.versions",
    type: "INTEGER",
    value: "2",
    visibility: "RESTRICTED",
    min: 1,
    max: 10000,
    meaning: "For VERSIONS: so many inactive versions of each name are kept, those inactive last",
  },
  {
    group: "maintenance",
    name: "tags.delete.unused",
    type: "BOOLEAN",
    value: "true",
    visibility: "RESTRICTED",
    meaning: "Delete tags nothing refers to",
  },
  {
    group: "risk-score",
    name: "weight.critical",
    type: "INTEGER",
    value: "10",
    visibility: "RESTRICTED",
    min: 1,
    max: 10,
    meaning: "Weight of a critical vulnerability",
  },
  {
    group: "risk-score",
    name: "weight.high",
    type: "INTEGER",
    value: "5",
    visibility: "RESTRICTED",
    min: 1,
    max: 10,
    meaning: "Weight of a high vulnerability",
  },
  {
    group: "risk-score",
    name: "weight.medium",
    type: "INTEGER",
    value: "3",
    visibility: "RESTRICTED",
    min: 1,
    max: 10,
    meaning: "Weight of a medium vulnerability",
  },
  {
    group: "risk-score",
    name: "weight.low",
    type: "INTEGER",
    value: "1",
    visibility: "RESTRICTED",
    min: 1,
    max: 10,
    meaning: "Weight of a low vulnerability",
  },
  {
    group: "risk-score",
    name: "weight.unassigned",
    type: "INTEGER",
    value: "5",
    visibility: "RESTRICTED",
    min: 1,
    max: 10,
    meaning: "Weight of a vulnerability without severity",
  },
  {
    group: "vuln-source",
    name: "epss.enabled",
    type: "BOOLEAN",
    value: "true",
    visibility: "RESTRICTED",
    meaning: "Mirror the scores of EPSS",
  },
  {
    group: "vuln-source",
    name: "epss.feeds.url",
    type: "URL",
    value: "https://epss.empiricalsecurity.com",
    visibility: "RESTRICTED",
    meaning: "Address of the folder that holds epss_scores-current.csv.gz",
  },
];

export function findDeclared(group: string, name: string): DeclaredProperty | undefined {
  return DECLARED_PROPERTIES.find((property) => property.group === group && property.name === name);
}

const TYPE_CHECKS: Partial<Record<DeclaredProperty["type"], (value: string) => boolean>> = {
  BOOLEAN: (value) => /^(true|false)$/i.test(value),
  INTEGER: (value) => /^-?\d{1,15}$/.test(value),
  NUMBER: (value) => value.trim() !== "" && Number.isFinite(Number(value)),
  URL: (value) => URL.canParse(value),
};

/** Why a value cannot be set, in words; undefined when it can. Empty values unset a property. */
export function whyInvalid(property: DeclaredProperty, value: string | null): string | undefined {
  const place = `${property.group}/${property.name}`;
  if (property.readOnly) return `${place} cannot be changed`;
  if (value === null || value === "") return undefined;
  if (TYPE_CHECKS[property.type]?.(value) === false)
    return `${place}: "${value}" is not a ${property.type.toLowerCase()}`;
  if (property.allowed !== undefined && !property.allowed.includes(value))
    return `${place} must be one of ${property.allowed.join(", ")}`;
  const number = Number(value);
  if (property.min !== undefined && number < property.min) return `${place} must be at least ${property.min}`;
  if (property.max !== undefined && number > property.max) return `${place} must be at most ${property.max}`;
  return whyInvalidPattern(property, value);
}

function whyInvalidPattern(property: DeclaredProperty, value: string): string | undefined {
  if (!property.name.endsWith(".regex")) return undefined;
  try {
    new RegExp(value);
    return undefined;
  } catch {
    return `${property.group}/${property.name} is not a regular expression`;
  }
}
