import { z } from "zod";
import { uuidText } from "./access.ts";
import {
  CLASSIFIERS,
  externalReference,
  liberalBoolean,
  organizationalContact,
  organizationalEntity,
} from "./portfolio.ts";

const SHORT_TEXT_MAX = 255;
const LONG_TEXT_MAX = 1024;
const NOTES_MAX = 16_384;
const LIST_MAX = 1000;
/** SHA-512 and its like, in hexadecimal digits. */
const HASH_MAX = 128;

/** Members of a component that hold a hash, by algorithm. */
export const HASH_MEMBERS = [
  "md5",
  "sha1",
  "sha256",
  "sha384",
  "sha512",
  "sha3_256",
  "sha3_384",
  "sha3_512",
  "blake2b_256",
  "blake2b_384",
  "blake2b_512",
  "blake3",
  "streebog_256",
  "streebog_512",
] as const;

export type HashMember = (typeof HASH_MEMBERS)[number];

/** Letters, marks, symbols, numbers, punctuation and white space. */
const PRINTABLE = /^[\s\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]*$/u;

/** A member that is absent stays as it is; null or blank empties it. */
function changeable(lengthMax: number = SHORT_TEXT_MAX) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(PRINTABLE, "may only contain printable characters")
    .nullish()
    .transform((text) => (text === "" ? null : text));
}

function changeableList<S extends z.ZodType>(schema: S) {
  return z.array(schema).max(LIST_MAX).nullish();
}

const hexText = z
  .string()
  .trim()
  .regex(/^[0-9a-fA-F]*$/, "must be hexadecimal")
  .max(HASH_MAX)
  .transform((text) => (text === "" ? null : text.toLowerCase()))
  .nullish();

const hashMembers = Object.fromEntries(HASH_MEMBERS.map((member) => [member, hexText])) as Record<
  HashMember,
  typeof hexText
>;

const name = z
  .string()
  .trim()
  .min(1, "must not be blank")
  .max(SHORT_TEXT_MAX)
  .regex(PRINTABLE, "may only contain printable characters");

const members = {
  group: changeable(),
  version: changeable(),
  classifier: z.enum(CLASSIFIERS).nullish(),
  scope: z.enum(["REQUIRED", "OPTIONAL", "EXCLUDED"]).nullish(),
  purl: changeable(LONG_TEXT_MAX),
  cpe: changeable(),
  swidTagId: changeable(),
  description: changeable(LONG_TEXT_MAX),
  publisher: changeable(),
  copyright: changeable(LONG_TEXT_MAX),
  license: changeable(),
  licenseExpression: changeable(LONG_TEXT_MAX),
  licenseUrl: changeable(),
  author: changeable(),
  authors: changeableList(organizationalContact),
  supplier: organizationalEntity.nullish(),
  externalReferences: changeableList(externalReference),
  filename: changeable(),
  extension: changeable(),
  notes: changeable(NOTES_MAX),
  /** Only API v2 has it; the rule of the settings decides where it is absent. */
  isInternal: liberalBoolean,
  ...hashMembers,
};

/** Body of `PUT /v1/component/project/{uuid}`. Members of a Component that only the server sets are ignored. */
export const componentCreation = z.object({ ...members, name });

/** Body of `POST /v1/component`: members that are absent stay as they are, null or blank empties them. */
export const componentUpdate = z.object({ ...members, uuid: uuidText, name: name.nullish() });

/** What people may say of a component. */
export type ComponentCreation = z.output<typeof componentCreation>;
export type ComponentUpdate = z.output<typeof componentUpdate>;

const filterText = z
  .string()
  .trim()
  .max(LONG_TEXT_MAX)
  .transform((text) => (text === "" ? undefined : text))
  .optional();

/** Filters of `GET /v1/component/identity`; all given ones must hold. */
export const componentIdentityQuery = z.object({
  group: filterText,
  name: filterText,
  version: filterText,
  purl: filterText,
  cpe: filterText,
  swidTagId: filterText,
  project: z.preprocess((value) => (value === "" ? undefined : value), uuidText.optional()),
  excludeInactiveProjects: liberalBoolean,
  onlyLatestProjectVersions: liberalBoolean,
});

/** Where a component occurs: `GET /v1/component/{uuid}/occurrence`. */
export const componentOccurrence = z.object({
  id: z.string(),
  location: z.string().optional(),
  line: z.number().optional(),
  offset: z.number().optional(),
  symbol: z.string().optional(),
  createdAt: z.number(),
});

export type ComponentOccurrence = z.output<typeof componentOccurrence>;

/** What something depends on directly; its own dependencies are the text of a JSON array. */
export const dependencyGraphResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  directDependencies: z.string().optional(),
});

export type DependencyGraphResponse = z.output<typeof dependencyGraphResponse>;

/** A component within an expanded graph, by UUID: on the way to what was asked for, or beside it. */
export const expandedComponent = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  purlCoordinates: z.string().optional(),
  objectType: z.literal("COMPONENT"),
  expandDependencyGraph: z.boolean(),
  dependencyGraph: z.array(z.string()).optional(),
});

export type ExpandedComponent = z.output<typeof expandedComponent>;
