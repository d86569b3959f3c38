import type { Purl } from "@evertrack/matching";
import { parsePurl } from "@evertrack/matching";
import type { AskedPackage } from "../../analyzers.ts";

const SCHEMA_VERSION = 2;
/** What Trivy calls the lists of packages of an ecosystem, by purl type. */
const APPLICATIONS: Readonly<Record<string, string>> = {
  cargo: "cargo",
  cocoapods: "cocoapods",
  composer: "composer",
  conan: "conan",
  bitnami: "bitnami",
  hex: "hex",
  nuget: "nuget",
  pub: "pub",
  swift: "swift",
  conda: "conda-pkg",
  gem: "gemspec",
  golang: "gobinary",
  maven: "jar",
  npm: "node-pkg",
  pypi: "python-pkg",
};
/** Purl types of packages of operating systems. */
const SYSTEMS: ReadonlySet<string> = new Set(
  "alpm apk bitbucket cran deb docker generic github hackage huggingface mlflow oci qpkg rpm swid".split(" "),
);
/** Types whose full names have a slash; others have a colon. */
const SLASHED: ReadonlySet<string> = new Set(["composer", "golang", "npm"]);
/** What Trivy notes that finding vulnerabilities of a system's package takes. */
const NOTED = ["SrcName", "SrcVersion", "SrcRelease", "SrcEpoch", "PkgType", "PkgType-distro"] as const;

/** Everything that is sent of a package, as one text: its purl, and of a system's package what Trivy noted. */
export function trivyKeyOf({ purl, text, trivy }: AskedPackage): string | undefined {
  if (purl.version === undefined || purl.version === "") return undefined;
  if (APPLICATIONS[purl.type] !== undefined) return JSON.stringify([text]);
  if (!SYSTEMS.has(purl.type)) return undefined;
  return JSON.stringify([text, ...NOTED.map((name) => trivy[name] ?? "")]);
}

/** Packages that are scanned together (message BlobInfo of Trivy). */
export interface Blob {
  schema_version: number;
  os?: { family: string; name: string };
  package_infos?: { packages: object[] }[];
  applications?: { type: string; packages: object[] }[];
}

interface Sent {
  key: string;
  text: string;
  purl: Purl;
  noted: Readonly<Record<(typeof NOTED)[number], string>>;
}

/** One blob of all libraries, and one for each operating system; with the keys of the purls in it. */
export function blobsOf(
  keys: readonly string[],
  { scanLibrary, scanOs }: { scanLibrary: boolean; scanOs: boolean },
): { blob: Blob; keysByPurl: Map<string, string[]> }[] {
  const all = keys.map(readKey);
  const libraries = scanLibrary ? all.filter(({ purl }) => APPLICATIONS[purl.type] !== undefined) : [];
  const systems = scanOs
    ? Map.groupBy(
        all.filter(({ purl }) => SYSTEMS.has(purl.type)),
        systemOf,
      )
    : new Map();
  return [
    ...(libraries.length === 0 ? [] : [{ blob: libraryBlob(libraries), keysByPurl: byPurl(libraries) }]),
    ...[...systems].map(([system, packages]: [string, Sent[]]) => ({
      blob: systemBlob(system, packages),
      keysByPurl: byPurl(packages),
    })),
  ];
}

function readKey(key: string): Sent {
  const [text = "", ...noted] = JSON.parse(key) as string[];
  const pairs = NOTED.map((name, index) => [name, noted[index] ?? ""]);
  return { key, text, purl: parsePurl(text, { mode: "lenient" }), noted: Object.fromEntries(pairs) };
}

function byPurl(sent: readonly Sent[]): Map<string, string[]> {
  return new Map([...Map.groupBy(sent, ({ text }) => text)].map(([text, some]) => [text, some.map(({ key }) => key)]));
}

function libraryBlob(libraries: readonly Sent[]): Blob {
  const applications = [...Map.groupBy(libraries, ({ purl }) => APPLICATIONS[purl.type] ?? purl.type)].map(
    ([type, packages]) => ({ type, packages: packages.map(libraryPackage) }),
  );
  return { schema_version: SCHEMA_VERSION, applications };
}

function libraryPackage({ text, purl }: Sent): object {
  const separator = SLASHED.has(purl.type) ? "/" : ":";
  const name = purl.namespace ? `${purl.namespace}${separator}${purl.name}` : purl.name;
  return { name, version: purl.version, identifier: { purl: text } };
}

/** `debian-12.5`, as the purl says it or else Trivy's own notes do. */
function systemOf({ purl, noted }: Sent): string {
  const { PkgType: type, "PkgType-distro": distro } = noted;
  return purl.qualifiers?.distro ?? (type === "" ? purl.type : distro === "" ? type : `${type}-${distro}`);
}

function systemBlob(system: string, packages: readonly Sent[]): Blob {
  const dash = system.lastIndexOf("-");
  const os = dash > 0 ? { family: system.slice(0, dash), name: system.slice(dash + 1) } : undefined;
  return {
    schema_version: SCHEMA_VERSION,
    ...(os && { os }),
    package_infos: [{ packages: packages.map(systemPackage) }],
  };
}

const ARCHITECTURE = "x86_64";

function systemPackage({ text, purl, noted }: Sent): object {
  const { qualifiers = {} } = purl;
  return {
    name: purl.name,
    version: purl.version,
    epoch: whole(qualifiers.epoch),
    arch: qualifiers.arch ?? ARCHITECTURE,
    src_name: noted.SrcName || purl.name,
    src_version: noted.SrcVersion || purl.version,
    src_release: noted.SrcRelease,
    src_epoch: whole(noted.SrcEpoch),
    identifier: { purl: text },
  };
}

function whole(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
