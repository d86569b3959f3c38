// Distribution releases: a package of Debian 12 is not affected by an advisory for Debian 11 (spec analysis §4.1,
// "Distro resolution"). Releases are told apart by X.Y for Alpine, by series for Debian and Ubuntu, by major for Red Hat. Beyond the
// specification, distributions that OSV names releases of are told apart as well: else their components would have no findings.

import type { Purl } from "./purl.ts";

/** Series by release, from the distro-info tables of Debian and Ubuntu. */
const DEBIAN_SERIES = new Map(
  Object.entries({
    "4": "etch",
    "5": "lenny",
    "6": "squeeze",
    "7": "wheezy",
    "8": "jessie",
    "9": "stretch",
    "10": "buster",
    "11": "bullseye",
    "12": "bookworm",
    "13": "trixie",
    "14": "forky",
    "15": "duke",
  }),
);
const UBUNTU_SERIES = new Map(
  Object.entries({
    "10.04": "lucid",
    "10.10": "maverick",
    "11.04": "natty",
    "11.10": "oneiric",
    "12.04": "precise",
    "12.10": "quantal",
    "13.04": "raring",
    "13.10": "saucy",
    "14.04": "trusty",
    "14.10": "utopic",
    "15.04": "vivid",
    "15.10": "wily",
    "16.04": "xenial",
    "16.10": "yakkety",
    "17.04": "zesty",
    "17.10": "artful",
    "18.04": "bionic",
    "18.10": "cosmic",
    "19.04": "disco",
    "19.10": "eoan",
    "20.04": "focal",
    "20.10": "groovy",
    "21.04": "hirsute",
    "21.10": "impish",
    "22.04": "jammy",
    "22.10": "kinetic",
    "23.04": "lunar",
    "23.10": "mantic",
    "24.04": "noble",
    "24.10": "oracular",
    "25.04": "plucky",
    "25.10": "questing",
    "26.04": "resolute",
  }),
);

/** Distributions whose advisories name a release alone, and components, as scanners write them, also its update ("almalinux-9.3"). */
const RELEASE_NUMBERS = new Map(
  Object.entries({
    "rpm/almalinux": /^(?:almalinux-)?(\d+)(?:\D|$)/,
    "rpm/rocky": /^(?:rocky(?:linux)?-)?(\d+)(?:\D|$)/,
    "rpm/mageia": /^(?:mageia-)?(\d+)(?:\D|$)/,
    "rpm/photon": /^(?:photon-)?(\d+\.\d+)(?:\D|$)/,
    "rpm/openeuler": /^(?:openeuler-)?(\d+\.\d+)(?:\D|$)/,
    // A service pack is a release of its own: "sles-15.4" is 15 SP4; the first one is "15" and "15.0" alike.
    "rpm/suse": /^(?:sle[sd]-|sles_sap-)?((?:sle?-micro-)?\d+(?:\.[1-9]\d*)?)(?:\D|$)/,
    "rpm/opensuse": /^(?:opensuse[-.])?(?:leap-)?((?:leap-micro-)?\d+\.\d+|tumbleweed)(?:\D|$)/,
    "apk/alpaquita": /^(?:alpaquita-)?(\d+)(?:\D|$)/,
  }),
);

type DistroPackage = Pick<Purl, "type" | "namespace">;

/**
 * Whether a component may be affected by an advisory for a release: unless both name one, it may. The arguments are
 * `distro` qualifiers ("debian-12", "bookworm", "alpine-3.18.2", "rhel-9.2"); ones nobody can relate do not match.
 */
export function distrosMatch(of: DistroPackage, advisoryDistro?: string, componentDistro?: string): boolean {
  if (advisoryDistro === undefined || componentDistro === undefined || advisoryDistro === componentDistro) return true;
  const release = distroRelease(of, advisoryDistro);
  return release !== undefined && release === distroRelease(of, componentDistro);
}

/** What identifies the release that a `distro` qualifier names; undefined for a distribution that is not known here. */
export function distroRelease({ type, namespace }: DistroPackage, distro: string): string | undefined {
  const text = distro.trim().toLowerCase();
  const numbered = RELEASE_NUMBERS.get(`${type}/${namespace}`);
  if (numbered !== undefined) return numbered.exec(text)?.[1];
  if (type === "apk") return /^(?:alpine-)?v?(\d+\.\d+)(?:\.|_|$)/.exec(text)?.[1];
  if (type === "rpm" && namespace === "redhat") return /^(?:rhel-|redhat-)?(\d+)(?:\D|$)/.exec(text)?.[1];
  if (type === "deb" && namespace === "debian") return debianSeries(text.replace(/^debian-/, ""));
  if (type === "deb" && namespace === "ubuntu") return ubuntuSeries(text.replace(/^ubuntu-/, ""));
  return undefined;
}

/** Unknown names and numbers stand for themselves. */
function debianSeries(text: string): string {
  const major = /^(\d+)(?:\.\d+)*$/.exec(text)?.[1] ?? text;
  return DEBIAN_SERIES.get(major) ?? major;
}

function ubuntuSeries(text: string): string {
  const release = /^(\d+\.\d+)(?:\.\d+)?$/.exec(text)?.[1] ?? text;
  return UBUNTU_SERIES.get(release) ?? release;
}

/** Red Hat writes the major release into a package's release (`1.el8_6`, `2+el8.7.0`): "8", or undefined without it. */
export function redHatMajorOf(version: string): string | undefined {
  return /(?:^|[.+])el(\d+)(?:\D|$)/.exec(version.slice(version.lastIndexOf("-") + 1))?.[1];
}

/** The version of a purl that ranges are tested with: for deb and rpm an `epoch` qualifier is put in front. */
export function versionForMatching({
  type,
  version,
  qualifiers,
}: Pick<Purl, "type" | "version" | "qualifiers">): string | undefined {
  const epoch = qualifiers.epoch;
  if (version === undefined || epoch === undefined || (type !== "deb" && type !== "rpm")) return version;
  return version.includes(":") ? version : `${epoch}:${version}`;
}
