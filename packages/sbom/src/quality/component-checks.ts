import type { BomComponent, BomContact, BomExternalReference, BomOrganization } from "../bom.ts";
import { spdxLicenseId, tryParseExpression } from "../spdx/index.ts";
import type { ComponentCheck } from "./check.ts";

const sourceReferences: ReadonlySet<string> = new Set(["source-distribution", "vcs"]);
const deployableReferences: ReadonlySet<string> = new Set(["distribution", "distribution-intake"]);

/** What is asked of every component. */
export const componentChecks: readonly ComponentCheck[] = [
  {
    id: "component-name",
    title: "Components have a name",
    standards: ["NTIA", "BSI"],
    weight: 3,
    passes: ({ name }) => name !== "-",
  },
  {
    id: "component-version",
    title: "Components have a version",
    standards: ["NTIA", "BSI"],
    weight: 3,
    passes: ({ version }) => version !== undefined,
  },
  {
    id: "component-supplier",
    title: "Components have a supplier, manufacturer, publisher or author",
    standards: ["NTIA"],
    weight: 2,
    passes: (component) => suppliers(component).some((name) => name !== undefined),
  },
  {
    id: "component-identifier",
    title: "Components have a package URL, CPE or SWID tag",
    standards: ["NTIA", "BSI"],
    weight: 3,
    passes: ({ purl, cpe, swidTagId }) => (purl ?? cpe ?? swidTagId) !== undefined,
  },
  {
    id: "component-creator",
    title: "The creator of components is named with an email address or a URL",
    standards: ["BSI"],
    weight: 1,
    passes: (component) =>
      [manufacturerOf(component), component.supplier].some(isReachable) || component.authors.some(hasEmail),
  },
  {
    id: "component-filename",
    title: "Components name their file (property bsi:component:filename)",
    standards: ["BSI"],
    weight: 1,
    passes: (component) => hasProperty(component, "filename"),
  },
  {
    id: "component-kind",
    title: "Components say whether they are executable, an archive, structured (properties bsi:component:…)",
    standards: ["BSI"],
    weight: 1,
    passes: (component) => ["executable", "archive", "structured"].every((name) => hasProperty(component, name)),
  },
  {
    id: "component-hash",
    title: "Components have the SHA-512 of what is deployed",
    standards: ["BSI"],
    weight: 2,
    passes: (component) =>
      component.hashes.sha512 !== undefined ||
      component.externalReferences.some(
        ({ type, hashes }) => deployableReferences.has(type) && hashes?.sha512 !== undefined,
      ),
  },
  {
    id: "component-license",
    title: "Components have licences as SPDX ids or expressions",
    standards: ["BSI"],
    weight: 2,
    passes: ({ licenses }) => licenses.length > 0 && licenses.every(({ kind, value }) => isSpdx(kind, value)),
  },
  {
    id: "component-source",
    title: "Components say where their source code is",
    standards: ["BSI"],
    weight: 1,
    passes: ({ externalReferences }) => refersTo(externalReferences, sourceReferences),
  },
  {
    id: "component-deployable",
    title: "Components say where their deployable form is",
    standards: ["BSI"],
    weight: 1,
    passes: ({ externalReferences }) => refersTo(externalReferences, deployableReferences),
  },
];

/** Whether somebody can be reached: by an email address, or at a URL. */
export function isReachable(organization: BomOrganization | undefined): boolean {
  return organization !== undefined && (organization.urls.length > 0 || organization.contacts.some(hasEmail));
}

/** Whether a person has an email address. */
export function hasEmail({ email }: BomContact): boolean {
  return email !== undefined;
}

function suppliers(component: BomComponent): (string | undefined)[] {
  const { supplier, publisher, authors } = component;
  return [
    supplier?.name,
    manufacturerOf(component)?.name,
    publisher,
    ...authors.map(({ name, email }) => name ?? email),
  ];
}

/** Since CycloneDX 1.6; readers that do not know it leave it out. */
function manufacturerOf(component: BomComponent & { manufacturer?: BomOrganization }): BomOrganization | undefined {
  return component.manufacturer;
}

function hasProperty({ properties }: BomComponent, name: string): boolean {
  return properties.some((one) => one.group === "bsi" && one.name === `component:${name}` && one.value !== undefined);
}

function isSpdx(kind: "id" | "name" | "expression", value: string): boolean {
  if (kind === "expression") return tryParseExpression(value) !== undefined;
  return spdxLicenseId(value) !== undefined || /^LicenseRef-/i.test(value);
}

function refersTo(references: readonly BomExternalReference[], types: ReadonlySet<string>): boolean {
  return references.some(({ type }) => types.has(type));
}
