import type { NamedComponent, StatementTarget } from "./vex-statement.ts";

/** A component that has a finding, as it is stored. */
export interface FoundComponent {
  componentUuid: string;
  name: string;
  group: string | null;
  version: string | null;
  purl: string | null;
  purlCoordinates: string | null;
  cpe: string | null;
  swidTagId: string | null;
  scope: string | null;
}

/**
 * Those of a vulnerability's findings in a project that a statement is about. A component is the one with this UUID; else the one that is
 * called exactly so in every respect; else each of this purl; else each that agrees in its package, its CPE, its SWID tag or its name.
 */
export function affectedBy<F extends FoundComponent>(target: StatementTarget, findings: readonly F[]): F[] {
  if (target.kind === "project") return [...findings];
  const { uuid, named } = target;
  const byUuid = uuid === undefined ? [] : findings.filter(({ componentUuid }) => componentUuid === uuid);
  if (byUuid.length > 0 || named === undefined) return byUuid;
  const exact = findings.filter((finding) => isExactly(named, finding));
  if (exact.length > 0) return exact;
  const ofPurl = findings.filter(({ purl }) => purl !== null && purl === named.purl);
  return ofPurl.length > 0 ? ofPurl : findings.filter((finding) => agreesInOne(named, finding));
}

const RESPECTS = ["purl", "purlCoordinates", "cpe", "swidTagId", "group", "name", "version", "scope"] as const;

function isExactly(named: NamedComponent, found: FoundComponent): boolean {
  return RESPECTS.every((respect) => (named[respect] ?? null) === found[respect]);
}

function agreesInOne(named: NamedComponent, found: FoundComponent): boolean {
  const same = (respect: (typeof RESPECTS)[number]) =>
    named[respect] !== undefined && named[respect] === found[respect];
  return same("purlCoordinates") || same("cpe") || same("swidTagId") || hasName(named, found);
}

function hasName(named: NamedComponent, found: FoundComponent): boolean {
  const { name, group = null, version = null } = named;
  return name === found.name && group === found.group && version === found.version;
}
