/** What of a model a version can say: the part of a BOM that must survive being written. Knows the schemas, not the writer. */
import type { Bom, BomComponent, BomLicense, BomVulnerability, WriteBomOptions } from "../src/index.ts";

/** The part of a BOM that survives, in a form that can be compared. */
export function sayable(bom: Bom, dialect: WriteBomOptions): unknown {
  const { specVersion: version } = dialect;
  const refs = new Set<string>();
  const firstUse = (ref: string | undefined) => {
    if (ref === undefined || refs.has(ref)) return undefined;
    refs.add(ref);
    return ref;
  };
  const { metadata } = bom;
  const subject = metadata.component && component(metadata.component, dialect, firstUse);
  return dropUndefined({
    metadata: {
      supplier: metadata.supplier,
      manufacturer: metadata.manufacturer,
      authors: metadata.authors,
      tools: version >= "1.5" ? [...metadata.tools].sort(byKind).map((tool) => tool.name) : metadata.tools.length,
      component: subject,
    },
    components: unrepeated(bom.components.map((each) => component(each, dialect, firstUse))),
    services: unrepeated(bom.services.map((service) => ({ ...service, bomRef: firstUse(service.bomRef) }))),
    dependencies: unrepeated(
      bom.dependencies.map(({ ref, dependsOn }) => ({ ref, dependsOn: [...new Set(dependsOn)] })),
    ),
    vulnerabilities:
      version >= "1.4"
        ? bom.vulnerabilities.map((each) => ({ ...vulnerability(each, version), bomRef: firstUse(each.bomRef) }))
        : [],
  });
}

function component(
  from: BomComponent,
  dialect: WriteBomOptions,
  firstUse: (ref: string | undefined) => string | undefined,
): object {
  const { specVersion: version } = dialect;
  const { evidence, occurrences, properties, manufacturer, tags, authors, type, ...rest } = from;
  return {
    ...rest,
    description: version === "1.2" ? rest.description?.replace(/\s+/g, " ") : rest.description,
    cpe: dialect.format === "xml" && !/^cpe:2\.3:[aho]:[\w.-]+:[\w.-]+:/.test(rest.cpe ?? "") ? undefined : rest.cpe,
    purl: rest.purl && decoded(rest.purl),
    bomRef: firstUse(rest.bomRef),
    type: version >= "1.6" ? type : undefined,
    authors: version >= "1.6" ? authors : authors.map(({ name, email }) => name ?? email).join(", "),
    licenses: rest.licenses.map((license) => licenseOf(license, version)),
    hashes: version >= "1.7" ? rest.hashes : { ...rest.hashes, streebog_256: undefined, streebog_512: undefined },
    externalReferences: rest.externalReferences.map(({ url, comment, hashes }) => ({
      url: decoded(url),
      comment,
      hashes: version >= "1.3" ? hashes : undefined,
    })),
    properties: version >= "1.3" ? properties : [],
    manufacturer: version >= "1.6" ? manufacturer : undefined,
    tags: version >= "1.6" ? tags : undefined,
    occurrences: version < "1.5" ? [] : version < "1.6" ? occurrences.map(({ location }) => location) : occurrences,
    evidence:
      version < "1.3" || evidence === undefined
        ? undefined
        : { ...evidence, licenses: evidence.licenses.map((license) => licenseOf(license, version)) },
  };
}

/** An expression beside licences is a name before 1.7; identifiers of no known licence become names. */
function licenseOf({ value, url, acknowledgement, text, details }: BomLicense, version: string): unknown {
  return {
    value,
    url: url && decoded(url),
    text,
    acknowledgement: version >= "1.6" ? acknowledgement : undefined,
    details: version >= "1.7" ? details : undefined,
  };
}

function vulnerability(from: BomVulnerability, version: string): object {
  const { analysis, ratings, ...rest } = from;
  if (version >= "1.5") return from;
  return {
    ...rest,
    workaround: undefined,
    rejected: undefined,
    ratings: ratings.map((rating) => ({ ...rating, method: undefined })),
    analysis: analysis && { ...analysis, firstIssued: undefined, lastUpdated: undefined },
  };
}

/** Characters that no URI may hold are escaped. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url).replaceAll("%", "");
  } catch {
    return url.replaceAll("%25", "%").replaceAll("%", "");
  }
}

function byKind(left: { kind: string }, right: { kind: string }): number {
  return left.kind.localeCompare(right.kind);
}

function unrepeated(entries: readonly object[]): unknown[] {
  return [...new Set(entries.map((entry) => JSON.stringify(entry)))].map((text) => JSON.parse(text) as unknown);
}

/** The schemas for JSON refuse e-mail addresses without a domain of two parts. */
function dropUndefined(value: object): unknown {
  const said = (name: string, member: unknown) =>
    name === "email" && !/@.+\./.test(String(member)) ? undefined : member;
  return JSON.parse(JSON.stringify(value, said));
}
