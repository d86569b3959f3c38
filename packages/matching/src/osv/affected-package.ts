// The `affected` part of an OSV record: which package, which versions.

import { packageOfOsv } from "../purl/package-key.ts";
import type { AffectedVersions, VersionRange } from "../ranges/affected.ts";
import { type OsvEvent, rangesOfEvents } from "../ranges/osv-events.ts";
import { type Scheme, schemeOfPurlType } from "../versions/schemes.ts";
import { asObject, asText, type JsonObject, objectsIn, textsIn } from "./json-fields.ts";

/** One package an advisory affects, plain JSON throughout. */
export interface AffectedPackage extends AffectedVersions {
  packageKey: string;
  scheme: Scheme;
  /** As in the record, with its suffix: "Debian:12". */
  ecosystem: string;
  name: string;
  purl?: string;
  /** The release of the distribution, as a purl's `distro` qualifier would name it: "debian-12". */
  distro?: string;
  versions: string[];
  ranges: VersionRange[];
  /** Versions that fix the vulnerability. */
  patched: string[];
}

/** The packages of a record that can be named; entries for the same package stay apart. */
export function readAffected(record: JsonObject): AffectedPackage[] {
  return objectsIn(record.affected)
    .map(readAffectedPackage)
    .filter((affected) => affected !== undefined);
}

function readAffectedPackage(entry: JsonObject): AffectedPackage | undefined {
  const named = asObject(entry.package) ?? {};
  const ecosystem = asText(named.ecosystem) ?? "";
  const name = asText(named.name) ?? "";
  const purl = asText(named.purl);
  const known = packageOfOsv(ecosystem, name, purl);
  if (known === undefined) return undefined;
  const scheme = schemeOfPurlType(known.type);
  const ranges = objectsIn(entry.ranges).flatMap((range) => readRange(scheme, range));
  const distro = distroOf(ecosystem);
  return {
    packageKey: known.packageKey,
    scheme,
    ecosystem,
    name,
    ...(purl !== undefined && { purl }),
    ...(distro !== undefined && { distro }),
    versions: textsIn(entry.versions),
    ranges,
    patched: [...new Set(ranges.map((range) => range.fixed).filter((fixed) => fixed !== undefined))],
  };
}

/** Ranges of commits say nothing about versions and are dropped; a missing type is taken for ECOSYSTEM. */
function readRange(scheme: Scheme, range: JsonObject): VersionRange[] {
  const type = (asText(range.type) ?? "ECOSYSTEM").toUpperCase();
  if (type !== "SEMVER" && type !== "ECOSYSTEM") return [];
  return rangesOfEvents(scheme, type, objectsIn(range.events).flatMap(readEvents));
}

const EVENT_TYPES = ["introduced", "fixed", "last_affected", "limit"] as const;

/** The schema wants one key per event; some feeds write a pair into one object. */
function readEvents(event: JsonObject): OsvEvent[] {
  return EVENT_TYPES.flatMap((type) => {
    const version = asText(event[type]);
    return version === undefined ? [] : [{ type, version }];
  });
}

/** Distributions whose releases are told apart by the ecosystem's suffix, with the prefix purls use for them. */
const DISTRO_PREFIXES = new Map([
  ["alpine", "alpine"],
  ["debian", "debian"],
  ["ubuntu", "ubuntu"],
  ["almalinux", "almalinux"],
  ["rocky linux", "rocky"],
  ["alpaquita", "alpaquita"],
  ["mageia", "mageia"],
  ["openeuler", "openeuler"],
  ["photon os", "photon"],
]);

function distroOf(ecosystem: string): string | undefined {
  const [spelledFamily = "", ...suffix] = ecosystem.split(":");
  const family = spelledFamily.trim().toLowerCase();
  if (family === "red hat") return redHatRelease(suffix.join(":"));
  if (family === "suse") return suseRelease(suffix.join(":").trim());
  if (family === "opensuse") return openSuseRelease(suffix.join(":").trim());
  const prefix = DISTRO_PREFIXES.get(family);
  const release = /^v?(\d[\w.]*)/.exec(suffix.find((part) => /^v?\d/.test(part)) ?? "")?.[1];
  return prefix === undefined || release === undefined ? undefined : `${prefix}-${release}`;
}

/** "Red Hat:rhel_aus:8.6::appstream" and "Red Hat:enterprise_linux:9::baseos" are releases 8.6 and 9. */
function redHatRelease(cpeTail: string): string | undefined {
  const release = /^(?:enterprise_linux|rhel_[a-z0-9_]+):(\d+(?:\.\d+)?)/.exec(cpeTail)?.[1];
  return release === undefined ? undefined : `rhel-${release}`;
}

/**
 * "Linux Enterprise Server 15 SP4-LTSS" and "Linux Enterprise Module for Basesystem 15 SP4" are parts of release 15.4; products
 * with numbers of their own (Manager Server, Enterprise Storage) name no release.
 */
function suseRelease(product: string): string | undefined {
  const [, enterprise, micro] = /^Linux (Enterprise )?Micro (\d+\.\d+)/i.exec(product) ?? [];
  if (micro !== undefined) return `${enterprise === undefined ? "sl" : "sle"}-micro-${micro}`;
  const [, major, servicePack] = /^Linux Enterprise .* (\d+)(?: SP(\d+))?(?:-[^ ]*)?$/i.exec(product) ?? [];
  if (major === undefined || /^Linux Enterprise Micro /i.test(product)) return undefined;
  return servicePack === undefined ? `sles-${major}` : `sles-${major}.${servicePack}`;
}

/** "Leap 15.5", "Leap Micro 5.2" and "Tumbleweed". */
function openSuseRelease(product: string): string | undefined {
  const [, micro, release] = /^Leap (Micro )?(\d+\.\d+)/i.exec(product) ?? [];
  if (release !== undefined) return `opensuse-leap-${micro === undefined ? "" : "micro-"}${release}`;
  return /^Tumbleweed$/i.test(product) ? "opensuse-tumbleweed" : undefined;
}
