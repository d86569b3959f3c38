// Reads one SecurityAdvisory of GitHub's GraphQL API into the shape this product stores.
//
// An unusable id or time, a range nobody can read, or a list of packages that is cut off make a record unreadable: half of what is
// affected is worse than the state stored before. Packages of an ecosystem without package URLs are dropped, as in OSV records.

import type { AffectedPackage } from "../osv/affected-package.ts";
import { asObject, asText, type JsonObject, objectsIn } from "../osv/json-fields.ts";
import { AdvisoryError, type OsvAdvisory, readOsvAdvisory } from "../osv/read-advisory.ts";
import { packageOfOsv } from "../purl/package-key.ts";
import type { VersionRange } from "../ranges/affected.ts";
import { schemeOfPurlType } from "../versions/schemes.ts";

const ADVISORY_ID = /^GHSA(-[0-9a-z]{4}){3}$/i;

/** SecurityAdvisoryEcosystem of the API, as OSV names the same ecosystems. */
const ECOSYSTEMS = new Map([
  ["ACTIONS", "GitHub Actions"],
  ["COMPOSER", "Packagist"],
  ["ERLANG", "Hex"],
  ["GO", "Go"],
  ["MAVEN", "Maven"],
  ["NPM", "npm"],
  ["NUGET", "NuGet"],
  ["PIP", "PyPI"],
  ["PUB", "Pub"],
  ["RUBYGEMS", "RubyGems"],
  ["RUST", "crates.io"],
  ["SWIFT", "SwiftURL"],
]);

/** Reads a parsed node of `securityAdvisories`; throws AdvisoryError. */
export function readGithubAdvisory(json: unknown): OsvAdvisory {
  const node = asObject(json);
  if (node === undefined) throw new AdvisoryError("$", "is not an object");
  const id = asText(node.ghsaId);
  if (id === undefined || !ADVISORY_ID.test(id)) throw new AdvisoryError("$.ghsaId", "is no GHSA id");
  if (Number.isNaN(Date.parse(asText(node.updatedAt) ?? ""))) throw new AdvisoryError("$.updatedAt", "is not a time");
  return { ...readOsvAdvisory(commonFields(id, node)), affected: readAffected(node) };
}

/** What both formats have, under the names of OSV. */
function commonFields(id: string, node: JsonObject): JsonObject {
  const severities = Object.values(asObject(node.cvssSeverities) ?? {}).concat(node.cvss);
  return {
    id,
    modified: node.updatedAt,
    published: node.publishedAt,
    withdrawn: node.withdrawnAt,
    aliases: objectsIn(node.identifiers).map(({ value }) => value),
    summary: node.summary,
    details: node.description,
    references: node.references,
    severity: objectsIn(severities).map(({ vectorString }) => ({ score: vectorString })),
    database_specific: { severity: node.severity, cwe_ids: nodesOf(node.cwes).map(({ cweId }) => cweId) },
  };
}

function readAffected(node: JsonObject): AffectedPackage[] {
  const connection = asObject(node.vulnerabilities);
  if (connection === undefined) throw new AdvisoryError("$.vulnerabilities", "is not an object");
  if (asObject(connection.pageInfo)?.hasNextPage === true)
    throw new AdvisoryError("$.vulnerabilities", "is cut off: there are further pages");
  return nodesOf(connection)
    .map(readPackage)
    .filter((affected) => affected !== undefined);
}

function readPackage(vulnerability: JsonObject): AffectedPackage | undefined {
  const named = asObject(vulnerability.package) ?? {};
  const name = asText(named.name) ?? "";
  const ecosystem = ECOSYSTEMS.get((asText(named.ecosystem) ?? "").toUpperCase());
  const known = ecosystem === undefined ? undefined : packageOfOsv(ecosystem, name);
  if (ecosystem === undefined || known === undefined) return undefined;
  const patched = asText(asObject(vulnerability.firstPatchedVersion)?.identifier);
  return {
    packageKey: known.packageKey,
    scheme: schemeOfPurlType(known.type),
    ecosystem,
    name,
    ...readRange(asText(vulnerability.vulnerableVersionRange) ?? ""),
    patched: patched === undefined ? [] : [patched],
  };
}

const BOUNDS = { ">=": "introduced", ">": "introducedAfter", "<": "fixed", "<=": "lastAffected" } as const;
const PART = /^(>=|<=|>|<|=)\s*(\S+)$/;
/** A lower bound that stands for the first version of any scheme. */
const BEFORE_ALL_VERSIONS = "0";

/** Comparisons joined by commas, all of which hold (">= 1.0, < 1.4"), or one exact version ("= 1.2"). */
function readRange(text: string): Pick<AffectedPackage, "versions" | "ranges"> {
  const unreadable = () => new AdvisoryError("$.vulnerabilities", `has the unreadable range "${text.slice(0, 100)}"`);
  const parts = text.split(",").map((part) => PART.exec(part.trim()) ?? []);
  const [[, first, only] = []] = parts;
  if (parts.length === 1 && first === "=" && only !== undefined) return { versions: [only], ranges: [] };
  const range: VersionRange = { kind: "ECOSYSTEM" };
  for (const [, operator, version] of parts) {
    const bound = BOUNDS[operator as keyof typeof BOUNDS];
    if (bound === undefined || version === undefined || range[bound] !== undefined) throw unreadable();
    range[bound] = version;
  }
  if (range.introduced === BEFORE_ALL_VERSIONS) delete range.introduced;
  return { versions: [], ranges: [range] };
}

/** The API offers the members of a connection as `nodes`, and as `edges` that hold one each. */
function nodesOf(connection: unknown): JsonObject[] {
  const { nodes, edges } = asObject(connection) ?? {};
  return nodes === undefined ? objectsIn(objectsIn(edges).map(({ node }) => node)) : objectsIn(nodes);
}
