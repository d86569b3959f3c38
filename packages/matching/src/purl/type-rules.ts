// What the package-url type definitions add to the general grammar, one line per type that adds something.
// Source: package-url/purl-spec, types/*-definition.json.

/** How one purl type departs from the general grammar. */
export interface PurlTypeRules {
  namespace?: "required" | "prohibited";
  /** Components that are folded to lower case. */
  lowerCase?: readonly ("namespace" | "name" | "version" | "subpath")[];
  /** Further normalisation of the name, after folding. */
  normalizeName?: (name: string, qualifiers: Readonly<Record<string, string>>) => string;
  /** The name is a path of its own and keeps its slashes. */
  nameHasSegments?: boolean;
  nameForm?: RegExp;
  versionForm?: RegExp;
  /** Qualifiers without which the purl says nothing. */
  qualifiersRequired?: readonly string[];
  versionRequired?: boolean;
  /** Strict form only: what no table can say. Returns the reason of a refusal. */
  check?: (parts: CheckedParts) => string | undefined;
}

interface CheckedParts {
  namespace: string | undefined;
  name: string;
  qualifiers: Readonly<Record<string, string>>;
}

const NAME = { lowerCase: ["name"] } as const;
const NAMESPACE_AND_NAME = { lowerCase: ["namespace", "name"] } as const;
const NO_NAMESPACE = { namespace: "prohibited" } as const;
const NAMESPACE = { namespace: "required" } as const;

const RULES: Record<string, PurlTypeRules> = {
  alpm: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  apk: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  bazel: NO_NAMESPACE,
  bitbucket: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  bitnami: { ...NO_NAMESPACE, ...NAME },
  brew: NAMESPACE_AND_NAME,
  cargo: NO_NAMESPACE,
  "chrome-extension": { ...NO_NAMESPACE, ...NAME, nameForm: /^[a-p]{32}$/, versionForm: /^\d+(\.\d+){0,3}$/ },
  cocoapods: NO_NAMESPACE,
  composer: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  conan: { check: checkConan },
  conda: NO_NAMESPACE,
  cpan: { check: checkCpan },
  cran: { ...NO_NAMESPACE, versionRequired: true },
  deb: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  gem: NO_NAMESPACE,
  git: { ...NAMESPACE, nameHasSegments: true },
  github: { ...NAMESPACE, ...NAMESPACE_AND_NAME },
  golang: NAMESPACE,
  hackage: { ...NO_NAMESPACE, normalizeName: (name) => name.replaceAll("_", "-") },
  hex: NAMESPACE_AND_NAME,
  huggingface: { ...NAMESPACE, lowerCase: ["version"] },
  julia: { ...NO_NAMESPACE, qualifiersRequired: ["uuid"] },
  luarocks: NAMESPACE_AND_NAME,
  maven: NAMESPACE,
  mlflow: { ...NO_NAMESPACE, normalizeName: mlflowName },
  nuget: NO_NAMESPACE,
  oci: { ...NO_NAMESPACE, lowerCase: ["name", "version"] },
  opam: NO_NAMESPACE,
  otp: { ...NO_NAMESPACE, lowerCase: ["name", "subpath"] },
  pub: { ...NO_NAMESPACE, ...NAME, normalizeName: (name) => name.replace(/[^a-z0-9_]/g, "_") },
  pypi: { ...NO_NAMESPACE, lowerCase: ["name", "version"], normalizeName: (name) => name.replaceAll("_", "-") },
  qpkg: { ...NAMESPACE, lowerCase: ["namespace"] },
  rpm: { ...NAMESPACE, lowerCase: ["namespace"] },
  swid: { qualifiersRequired: ["tag_id"] },
  swift: { ...NAMESPACE, versionRequired: true },
  vcpkg: NO_NAMESPACE,
  "vscode-extension": { ...NAMESPACE, lowerCase: ["namespace", "name", "version"] },
  yocto: { lowerCase: ["namespace"] },
};

const NO_RULES: PurlTypeRules = {};

/** The rules of a lower-cased purl type; unknown types have none. */
export function rulesOfType(type: string): PurlTypeRules {
  return Object.hasOwn(RULES, type) ? (RULES[type] ?? NO_RULES) : NO_RULES;
}

/** Databricks' model registry ignores case, Azure ML's does not. */
function mlflowName(name: string, qualifiers: Readonly<Record<string, string>>): string {
  return qualifiers.repository_url?.includes("databricks") ? name.toLowerCase() : name;
}

function checkConan({ namespace, qualifiers }: CheckedParts): string | undefined {
  const hasOwner = namespace !== undefined || qualifiers.user !== undefined;
  return qualifiers.channel !== undefined && !hasOwner ? "a conan channel needs a namespace" : undefined;
}

function checkCpan({ namespace, name }: CheckedParts): string | undefined {
  if (namespace !== undefined && namespace !== namespace.toUpperCase()) return "a cpan author is written in upper case";
  return name.includes("::") ? "a cpan name is a distribution, not a module" : undefined;
}
