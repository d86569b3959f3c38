// The join key between what a portfolio holds and what advisories name: `<type>/<full name>`, where every spelling that an
// ecosystem takes for the same package gives the same key. A key is compared, never shown and never parsed.

import { type Purl, PurlError, parsePurl } from "./purl.ts";

/** How one type spells the full name inside a key. */
type NameSpelling = (namespace: string | undefined, name: string) => string;

const withNamespace: NameSpelling = (namespace, name) => (namespace === undefined ? name : `${namespace}/${name}`);
const lowerCased: NameSpelling = (namespace, name) => withNamespace(namespace, name).toLowerCase();

const SPELLINGS = new Map<string, NameSpelling>([
  // Distributions: the namespace is the distribution, both are case-insensitive.
  ["alpm", lowerCased],
  ["apk", lowerCased],
  ["deb", lowerCased],
  ["rpm", (namespace, name) => withNamespace(namespace?.toLowerCase(), name)],
  ["bitnami", lowerCased],
  // crates.io lets no two crates differ only in case or in "-" against "_".
  ["cargo", (_, name) => name.toLowerCase().replaceAll("_", "-")],
  ["composer", lowerCased],
  ["github", lowerCased],
  // SBOM generators disagree on folding module paths; hosts behind them ignore case.
  ["golang", lowerCased],
  ["hex", lowerCased],
  ["maven", (namespace, name) => (namespace === undefined ? name : `${namespace.replaceAll("/", ".")}:${name}`)],
  // npm has no rule here: `jQuery` and `jquery` are two packages.
  ["nuget", lowerCased],
  ["pub", lowerCased],
  ["pypi", (_, name) => name.toLowerCase().replace(/[-_.]+/g, "-")], // PEP 503
  [
    "swift",
    (namespace, name) =>
      lowerCased(namespace, name)
        .replace(/^https?:\/\//, "")
        .replace(/\.git$/, ""),
  ],
  ["vscode-extension", lowerCased],
]);

/** Types that are other names for the same packages. */
const SAME_PACKAGES_AS = new Map([
  ["alpine", "apk"],
  ["clojars", "maven"],
  ["gradle", "maven"],
]);

/** The key of a component's purl; undefined when the purl cannot name a package anyone writes advisories about. */
export function packageKeyOf(purl: Pick<Purl, "type" | "namespace" | "name">): string | undefined {
  const type = SAME_PACKAGES_AS.get(purl.type) ?? purl.type;
  const namespace = purl.type === "alpine" ? (purl.namespace ?? "alpine") : purl.namespace;
  const name = (SPELLINGS.get(type) ?? withNamespace)(namespace, purl.name);
  return name === "" ? undefined : `${type}/${name}`;
}

interface EcosystemRule {
  type: string;
  /** The purl namespace that stands for a distribution. */
  namespace?: string;
  /** How the ecosystem joins namespace and name in its own full name. */
  separator?: string;
}

/** OSV ecosystems (ossf.github.io/osv-schema, "Defined ecosystems") without their suffix after ":". */
const ECOSYSTEMS = new Map<string, EcosystemRule>(
  Object.entries({
    AlmaLinux: { type: "rpm", namespace: "almalinux" },
    Alpaquita: { type: "apk", namespace: "alpaquita" },
    Alpine: { type: "apk", namespace: "alpine" },
    "Azure Linux": { type: "rpm", namespace: "azurelinux" },
    "BellSoft Hardened Containers": { type: "apk", namespace: "bellsoft-hardened-containers" },
    Bitnami: { type: "bitnami" },
    CRAN: { type: "cran" },
    Chainguard: { type: "apk", namespace: "chainguard" },
    ConanCenter: { type: "conan" },
    Debian: { type: "deb", namespace: "debian" },
    Echo: { type: "deb", namespace: "echo" },
    "GitHub Actions": { type: "github", separator: "/" },
    Go: { type: "golang", separator: "/" },
    Hackage: { type: "hackage" },
    Hex: { type: "hex", separator: "/" },
    Julia: { type: "julia" },
    Mageia: { type: "rpm", namespace: "mageia" },
    Maven: { type: "maven", separator: ":" },
    MinimOS: { type: "apk", namespace: "minimos" },
    NuGet: { type: "nuget" },
    Packagist: { type: "composer", separator: "/" },
    "Photon OS": { type: "rpm", namespace: "photon" },
    Pub: { type: "pub" },
    PyPI: { type: "pypi" },
    "Red Hat": { type: "rpm", namespace: "redhat" },
    "Rocky Linux": { type: "rpm", namespace: "rocky" },
    RubyGems: { type: "gem" },
    SUSE: { type: "rpm", namespace: "suse" },
    SwiftURL: { type: "swift", separator: "/" },
    Ubuntu: { type: "deb", namespace: "ubuntu" },
    VSCode: { type: "vscode-extension", separator: "/" },
    Wolfi: { type: "apk", namespace: "wolfi" },
    "crates.io": { type: "cargo" },
    npm: { type: "npm", separator: "/" },
    openEuler: { type: "rpm", namespace: "openeuler" },
    openSUSE: { type: "rpm", namespace: "opensuse" },
    opam: { type: "opam" },
  } satisfies Record<string, EcosystemRule>).map(([ecosystem, rule]) => [ecosystem.toLowerCase(), rule]),
);

/** A package as an advisory names it. */
export interface AdvisoryPackage {
  packageKey: string;
  /** The purl type, from which the version scheme follows. */
  type: string;
}

/** The key of an OSV `affected.package`: from the ecosystem and name, else from the purl; undefined when neither is known. */
export function packageOfOsv(ecosystem: string, name: string, purlText?: string): AdvisoryPackage | undefined {
  const rule = ECOSYSTEMS.get((ecosystem.split(":", 1)[0] ?? "").trim().toLowerCase());
  const named = rule === undefined || name === "" ? undefined : packageOfRule(rule, name);
  return named ?? packageOfPurlText(purlText);
}

/** The key alone, see `packageOfOsv`. */
export function packageKeyOfOsv(ecosystem: string, name: string, purlText?: string): string | undefined {
  return packageOfOsv(ecosystem, name, purlText)?.packageKey;
}

function packageOfRule({ type, namespace, separator }: EcosystemRule, fullName: string): AdvisoryPackage | undefined {
  const cut = separator === undefined ? -1 : fullName.lastIndexOf(separator);
  const purl = {
    type,
    name: cut < 0 ? fullName : fullName.slice(cut + 1),
    ...(cut > 0 && { namespace: fullName.slice(0, cut) }),
    ...(namespace !== undefined && { namespace }),
  };
  const packageKey = packageKeyOf(purl);
  return packageKey === undefined ? undefined : { packageKey, type };
}

function packageOfPurlText(text: string | undefined): AdvisoryPackage | undefined {
  if (text === undefined) return undefined;
  try {
    const purl = parsePurl(text, { mode: "lenient" });
    const packageKey = packageKeyOf(purl);
    return packageKey === undefined ? undefined : { packageKey, type: purl.type };
  } catch (error) {
    if (error instanceof PurlError) return undefined;
    throw error;
  }
}
