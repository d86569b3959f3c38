import { z } from "zod";
import { uuidText } from "../v1/access.ts";
import {
  CLASSIFIERS,
  liberalBoolean,
  optionalText,
  organizationalContact,
  organizationalEntity,
} from "../v1/portfolio.ts";
import { given, pageOf, pageQuery, sortDirection, wholeNumber } from "./paging.ts";

const TEXT_CHARS_MAX = 1024;
const EXPANSIONS_MAX = 20;
const TIME_MAX_MS = 8_640_000_000_000_000;
const PATHS_MAX = 100;
const PATHS_DEFAULT = 10;
const LIST_MAX = 1000;
const HASH_MAX = 128;

const text = z
  .string()
  .min(1)
  .max(TEXT_CHARS_MAX)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** `expand=a&expand=b`; values that are not known are ignored. */
const expansions = z.preprocess(
  (value) => (value === undefined || Array.isArray(value) ? value : [value]),
  z
    .array(z.string().max(TEXT_CHARS_MAX))
    .max(EXPANSIONS_MAX)
    .optional()
    .transform((names) => new Set(names ?? [])),
);

const listQuery = pageQuery.extend({ expand: expansions, sort_by: given(text), sort_direction: given(sortDirection) });

const flag = z.preprocess((value) => (value === "" ? undefined : value), liberalBoolean);

/** Query of `GET /v2/projects/{uuid}/components`. */
export const projectComponentsQuery = listQuery.extend({ only_outdated: flag, only_direct: flag, q: given(text) });

/** Names of hash algorithms in queries, and the member that holds such a hash. */
export const HASH_TYPES = {
  MD5: "md5",
  SHA1: "sha1",
  SHA_256: "sha256",
  SHA_384: "sha384",
  SHA_512: "sha512",
  SHA3_256: "sha3_256",
  SHA3_384: "sha3_384",
  SHA3_512: "sha3_512",
  BLAKE2B_256: "blake2b_256",
  BLAKE2B_384: "blake2b_384",
  BLAKE2B_512: "blake2b_512",
  BLAKE3: "blake3",
  STREEBOG_256: "streebog_256",
  STREEBOG_512: "streebog_512",
} as const;

const hashType = z.enum(Object.keys(HASH_TYPES) as [keyof typeof HASH_TYPES, ...(keyof typeof HASH_TYPES)[]]);

/** Query of `GET /v2/components`: all filters given must hold. Times are epoch milliseconds. */
export const componentsQuery = listQuery
  .extend({
    group_contains: given(text),
    name_contains: given(text),
    version_contains: given(text),
    purl_prefix: given(text),
    cpe: given(text),
    swid_tag_id_contains: given(text),
    hash_type: given(hashType),
    hash: given(z.string().max(HASH_MAX)),
    package_artifact_published_since: given(wholeNumber(0, TIME_MAX_MS)),
    package_artifact_published_before: given(wholeNumber(0, TIME_MAX_MS)),
    project_state: given(z.enum(["ACTIVE", "INACTIVE"])),
    project_latest_version: flag,
  })
  .superRefine(({ hash, hash_type }, context) => {
    if (hash !== undefined && hash_type === undefined)
      context.addIssue({ code: "custom", path: ["hash_type"], message: "is needed to look for a hash" });
  });

const hash = z.string().optional();

/** Hashes by algorithm. */
export const hashes = z.object({
  md5: hash,
  sha1: hash,
  sha256: hash,
  sha384: hash,
  sha512: hash,
  sha3_256: hash,
  sha3_384: hash,
  sha3_512: hash,
  blake2b_256: hash,
  blake2b_384: hash,
  blake2b_512: hash,
  blake3: hash,
  streebog_256: hash,
  streebog_512: hash,
});

/** What is known of the vulnerabilities of a component. */
export const dependencyMetrics = z.record(z.string(), z.number());

/** A component as the lists of API v2 answer it. */
export const componentItem = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().optional(),
  group: z.string().optional(),
  classifier: z.string().optional(),
  scope: z.string().optional(),
  hashes: hashes.optional(),
  cpe: z.string().optional(),
  purl: z.string().optional(),
  swid_tag_id: z.string().optional(),
  internal: z.boolean(),
  copyright: z.string().optional(),
  license: z.string().optional(),
  license_expression: z.string().optional(),
  license_url: z.string().optional(),
  resolved_license: z
    .object({
      uuid: z.string(),
      license_id: z.string(),
      name: z.string(),
      osi_approved: z.boolean(),
      fsf_libre: z.boolean(),
      custom_license: z.boolean(),
    })
    .optional(),
  last_inherited_risk_score: z.number().optional(),
  metrics: dependencyMetrics.optional(),
  occurrence_count: z.number().int().optional(),
  project: z.object({ uuid: z.string(), name: z.string(), version: z.string().optional() }).optional(),
});

export type ComponentItem = z.output<typeof componentItem>;

/** `GET /v2/projects/{uuid}/components` and `GET /v2/components`. */
export const listComponentsResponse = z.object({ items: z.array(componentItem), ...pageOf });

export type ListComponentsResponse = z.output<typeof listComponentsResponse>;

const hexText = z
  .string()
  .trim()
  .regex(/^[0-9a-fA-F]*$/, "must be hexadecimal")
  .max(HASH_MAX)
  .transform((value) => (value === "" ? undefined : value.toLowerCase()))
  .nullish();

/** Body of `POST /v2/components`. */
export const createComponentRequest = z.object({
  project_uuid: uuidText,
  name: z
    .string()
    .trim()
    .min(1, "must not be blank")
    .max(255)
    .regex(/^\P{Cc}*$/u, "must not contain control characters"),
  description: optionalText(),
  group: optionalText(),
  version: optionalText(),
  classifier: z.enum(CLASSIFIERS).nullish(),
  filename: optionalText(),
  extension: optionalText(),
  hashes: z.partialRecord(z.enum(Object.values(HASH_TYPES)), hexText).nullish(),
  cpe: optionalText(),
  publisher: optionalText(),
  supplier: organizationalEntity.nullish(),
  authors: z.array(organizationalContact).max(LIST_MAX).nullish(),
  purl: optionalText(TEXT_CHARS_MAX),
  swid_tag_id: optionalText(),
  internal: z.boolean().nullish(),
  copyright: optionalText(),
  license: optionalText(),
  license_expression: optionalText(),
  license_url: optionalText(),
  notes: optionalText(),
});

export type CreateComponentRequest = z.output<typeof createComponentRequest>;

/** Query of `GET /v2/components/{uuid}/paths`. */
export const componentPathsQuery = z.object({
  limit: given(wholeNumber(1, PATHS_MAX)).transform((limit) => limit ?? PATHS_DEFAULT),
});

const pathNode = z.object({
  uuid: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
});

/** How a component got into its project: ways from a direct dependency of the project to it, the shortest first. */
export const componentPathsResponse = z.object({
  /** MISSING: there is no graph of the present inventory; INCOMPLETE: the document did not say what the project depends on. */
  graph: z.enum(["COMPLETE", "INCOMPLETE", "MISSING"]),
  direct: z.boolean(),
  paths: z.array(z.array(pathNode)),
  /** There are more ways than these, or so many that not all were looked at. */
  truncated: z.boolean(),
});

export type ComponentPathsResponse = z.output<typeof componentPathsResponse>;
