import { z } from "zod";
import { uuidText } from "./access.ts";
import { conciseLicenseResponse } from "./concise-license.ts";

/** What a component or project is; CycloneDX component types in upper case. */
export const CLASSIFIERS = [
  "APPLICATION",
  "FRAMEWORK",
  "LIBRARY",
  "CONTAINER",
  "OPERATING_SYSTEM",
  "DEVICE",
  "FIRMWARE",
  "FILE",
  "PLATFORM",
  "DEVICE_DRIVER",
  "MACHINE_LEARNING_MODEL",
  "DATA",
  "CRYPTOGRAPHIC_ASSET",
] as const;

/** How a collection project derives its metrics from its children. */
export const COLLECTION_LOGICS = [
  "AGGREGATE_DIRECT_CHILDREN",
  "AGGREGATE_DIRECT_CHILDREN_WITH_TAG",
  "AGGREGATE_LATEST_VERSION_CHILDREN",
] as const;

const SHORT_TEXT_MAX = 255;
const LONG_TEXT_MAX = 1024;
const LIST_MAX = 1000;
/** Letters, marks, symbols, numbers, punctuation and white space. */
const PRINTABLE = /^[\s\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]*$/u;

/** Optional text: trimmed; blank and null count as absent. */
export function optionalText(lengthMax: number = SHORT_TEXT_MAX) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(PRINTABLE, "may only contain printable characters")
    .nullish()
    .transform((text) => (text === null || text === "" ? undefined : text));
}

/** Clients send booleans as such or as the words true and false. */
export const liberalBoolean = z
  .union(
    [
      z.boolean(),
      z
        .string()
        .trim()
        .toLowerCase()
        .pipe(z.enum(["true", "false"])),
    ],
    "must be true or false",
  )
  .nullish()
  .transform((value) => (value === null || value === undefined ? undefined : value === true || value === "true"));

/** A person. */
export const organizationalContact = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
});

/** An organisation. */
export const organizationalEntity = z.object({
  name: z.string().optional(),
  urls: z.array(z.string()).max(LIST_MAX).optional(),
  contacts: z.array(organizationalContact).max(LIST_MAX).optional(),
});

/** A link to something outside. */
export const externalReference = z.object({
  type: z.string(),
  url: z.string(),
  comment: z.string().optional(),
});

/** A tag; names are kept in lower case. */
export const tag = z.object({ name: z.string().trim().toLowerCase().min(1, "must not be blank").max(SHORT_TEXT_MAX) });

const nullable = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

const projectMembers = {
  name: optionalText(),
  version: optionalText(),
  group: optionalText(),
  description: optionalText(LONG_TEXT_MAX),
  publisher: optionalText(),
  classifier: nullable(z.enum(CLASSIFIERS)),
  cpe: optionalText(),
  purl: optionalText(LONG_TEXT_MAX),
  swidTagId: optionalText(),
  authors: nullable(z.array(organizationalContact).max(LIST_MAX)),
  supplier: nullable(organizationalEntity),
  manufacturer: nullable(organizationalEntity),
  externalReferences: nullable(z.array(externalReference).max(LIST_MAX)),
  tags: nullable(z.array(tag).max(LIST_MAX)),
  collectionLogic: nullable(z.enum(COLLECTION_LOGICS)),
  collectionTag: nullable(tag),
  parent: nullable(z.object({ uuid: uuidText })),
  active: liberalBoolean,
  isLatest: liberalBoolean,
};

/** Body of `PATCH /v1/project/{uuid}`: only members that are given change anything. */
export const projectPatch = z.object(projectMembers);

/** Body of `POST /v1/project`: the project named by `uuid` gets exactly these members. */
export const projectUpdate = z.object({ uuid: uuidText, ...projectMembers });

/** Body of `PUT /v1/project`. */
export const projectCreation = z.object({
  ...projectMembers,
  name: z
    .string()
    .trim()
    .min(1, "must not be blank")
    .max(SHORT_TEXT_MAX)
    .regex(PRINTABLE, "may only contain printable characters"),
  accessTeams: nullable(
    z.array(z.object({ uuid: nullable(uuidText), name: nullable(z.string().trim()) })).max(LIST_MAX),
  ),
});

/** Body of `POST /v1/project/batchDelete`. */
export const projectBatch = z.array(uuidText).min(1).max(LIST_MAX);

/** Body and answer of `PUT /v1/acl/mapping`. */
export const aclMapping = z.object({ team: uuidText, project: uuidText });

/** The parent as a project shows it. */
export const parentProject = z.object({ uuid: z.string(), name: z.string(), version: z.string().optional() });

/** A project as lists and single reads answer it; times are epoch milliseconds. */
export const projectResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().optional(),
  group: z.string().optional(),
  description: z.string().optional(),
  publisher: z.string().optional(),
  classifier: z.string().optional(),
  cpe: z.string().optional(),
  purl: z.string().optional(),
  swidTagId: z.string().optional(),
  authors: z.array(organizationalContact).optional(),
  supplier: organizationalEntity.optional(),
  manufacturer: organizationalEntity.optional(),
  externalReferences: z.array(externalReference).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  parent: parentProject.optional(),
  collectionLogic: z.string().optional(),
  collectionTag: tag.optional(),
  tags: z.array(tag),
  active: z.boolean(),
  isLatest: z.boolean(),
  inactiveSince: z.number().optional(),
  lastBomImport: z.number().optional(),
  lastBomImportFormat: z.string().optional(),
  lastVulnerabilityAnalysis: z.number().optional(),
  lastInheritedRiskScore: z.number().optional(),
  hasChildren: z.boolean().optional(),
  metrics: z.record(z.string(), z.unknown()).optional(),
  directDependencies: z.string().optional(),
  versions: z
    .array(z.object({ uuid: z.string(), version: z.string().optional(), active: z.boolean(), isLatest: z.boolean() }))
    .optional(),
});

/** A tag with the number of things that carry it. */
export const tagListItem = z.object({
  name: z.string(),
  projectCount: z.number(),
  collectionProjectCount: z.number(),
  policyCount: z.number(),
  notificationRuleCount: z.number(),
  vulnerabilityCount: z.number(),
});

/** A component as lists and single reads answer it. */
export const componentResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string().optional(),
  classifier: z.string(),
  scope: z.string().optional(),
  purl: z.string().optional(),
  purlCoordinates: z.string().optional(),
  cpe: z.string().optional(),
  swidTagId: z.string().optional(),
  isInternal: z.boolean(),
  description: z.string().optional(),
  publisher: z.string().optional(),
  copyright: z.string().optional(),
  license: z.string().optional(),
  licenseExpression: z.string().optional(),
  licenseUrl: z.string().optional(),
  resolvedLicense: conciseLicenseResponse.optional(),
  authors: z.array(organizationalContact).optional(),
  author: z.string().optional(),
  supplier: organizationalEntity.optional(),
  externalReferences: z.array(externalReference).optional(),
  properties: z.array(z.record(z.string(), z.unknown())).optional(),
  occurrenceCount: z.number().optional(),
  filename: z.string().optional(),
  extension: z.string().optional(),
  notes: z.string().optional(),
  directDependencies: z.string().optional(),
  project: parentProject,
});

export type ProjectPatch = z.output<typeof projectPatch>;
export type ProjectUpdate = z.output<typeof projectUpdate>;
export type ProjectCreation = z.output<typeof projectCreation>;
export type ProjectResponse = z.output<typeof projectResponse>;
export type ComponentResponse = z.output<typeof componentResponse>;
export type TagListItem = z.output<typeof tagListItem>;
