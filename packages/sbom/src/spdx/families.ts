import type { SpdxTerm } from "./expression.ts";
import { spdxLicenseId } from "./ids.ts";

/** A licence in its modern form, apart from how it was written. All texts are in lower case. */
export interface SpdxMeaning {
  /** What versions of one licence share: `gpl`, `apache`; the whole id where there is but one version. */
  family: string;
  /** The parts of the version; none where the id has none. */
  version: readonly number[];
  orLater: boolean;
  exception: string | undefined;
}

/** Old ids that stand for a licence with an exception, or for the same licence under its present id. */
const replaced: Readonly<Record<string, string>> = {
  "bsd-2-clause-freebsd": "BSD-2-Clause-Views",
  "bsd-2-clause-netbsd": "BSD-2-Clause",
  "ecos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
  "gpl-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
  "gpl-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
  "gpl-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
  "gpl-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
  "gpl-2.0-with-gcc-exception": "GPL-2.0-only WITH GCC-exception-2.0",
  "gpl-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
  "gpl-3.0-with-gcc-exception": "GPL-3.0-only WITH GCC-exception-3.1",
  "standardml-nj": "SMLNJ",
  wxwindows: "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
};

/** Replaces an outdated id by what the SPDX list names in its place; `GPL-2.0` and `GPL-2.0+` become `-only` and `-or-later`. */
export function modernTerm(term: SpdxTerm): SpdxTerm {
  const [id = term.id, exception] = (replaced[term.id.toLowerCase()] ?? term.id).split(" WITH ");
  const merged = { ...term, id, ...(exception !== undefined && term.exception === undefined && { exception }) };
  const suffixed = spdxLicenseId(`${id}${term.orLater ? "-or-later" : "-only"}`);
  return suffixed === undefined ? merged : { ...merged, id: suffixed, orLater: false };
}

/** The version stands at the end and has a dot, which tells `Apache-2.0` from `BSD-3-Clause`. */
const versioned = /^(.+?)-(\d+(?:\.\d+)+)([a-z]?)(-invariants|-no-invariants)?$/;

/** What a licence means, so that different ways to write it become equal. */
export function meaningOf(term: SpdxTerm): SpdxMeaning {
  const modern = modernTerm(term);
  const [, base = "", suffix] = /^(.*?)(-only|-or-later)?$/.exec(modern.id.toLowerCase()) ?? [];
  const [, name, version = "", letter = "", kind = ""] = versioned.exec(base) ?? [];
  return {
    family: name === undefined ? base : name + kind,
    version: name === undefined ? [] : [...version.split(".").map(Number), letter === "" ? 0 : letter.charCodeAt(0)],
    orLater: modern.orLater || suffix === "-or-later",
    exception: modern.exception?.toLowerCase(),
  };
}

/** Whether two licences can be one: the same exception, and a version that both of them take in. */
export function overlap(a: SpdxMeaning, b: SpdxMeaning): boolean {
  if (a.family !== b.family || a.exception !== b.exception) return false;
  const order = compareVersions(a.version, b.version);
  return order === 0 || (order < 0 ? a.orLater : b.orLater);
}

/** A version with fewer parts comes first where all that both have are equal; a letter counts less than a further number. */
function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let part = 0; part < Math.max(a.length, b.length); part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
