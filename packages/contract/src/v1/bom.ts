import { z } from "zod";
import { uuidText } from "./access.ts";
import { liberalBoolean, optionalText, tag } from "./portfolio.ts";

/** Longest base64 text `PUT /v1/bom` takes; longer BOMs are uploaded as multipart with POST. */
export const BOM_BASE64_LENGTH_MAX = 20_000_000;
const TAGS_MAX = 1000;

const optionalUuid = z
  .string()
  .trim()
  .nullish()
  .transform((text) => (text === null || text === "" ? undefined : text))
  .pipe(uuidText.optional());

const tagNames = z
  .array(z.union([tag, tag.shape.name.transform((name) => ({ name }))]))
  .max(TAGS_MAX)
  .transform((tags) => [...new Set(tags.map(({ name }) => name))]);

/** JSON sends `[{name}]`, forms a comma-separated text; both become distinct names. */
const projectTags = z
  .preprocess(
    (tags) => (typeof tags === "string" ? tags.split(",").filter((name) => name.trim() !== "") : tags),
    tagNames.nullish(),
  )
  .transform((names) => names ?? undefined);

const fields = z.object({
  project: optionalUuid,
  projectName: optionalText(),
  projectVersion: optionalText(),
  projectTags,
  autoCreate: liberalBoolean,
  parentUUID: optionalUuid,
  parentName: optionalText(),
  parentVersion: optionalText(),
  isLatest: liberalBoolean,
  isLatestProjectVersion: liberalBoolean,
  isActive: liberalBoolean,
});

type Fields = z.output<typeof fields>;

function namesAProject({ project, projectName }: Fields): boolean {
  return project !== undefined || projectName !== undefined;
}

const mustNameAProject = {
  path: ["projectName"],
  error: "either project or projectName (with projectVersion) is required",
};

/** The fields of `POST /v1/bom` besides the `bom` part; the same names as in JSON. */
export const bomUploadFields = fields.refine(namesAProject, mustNameAProject);

/** Body of `PUT /v1/bom`; `bom` is standard base64. */
export const bomSubmitRequest = z
  .object({ ...fields.shape, bom: z.string("a base64 encoded BOM is required").min(1, "must not be empty") })
  .refine(namesAProject, mustNameAProject);

/** Answer of both uploads: the token to ask `GET /v1/event/token/{uuid}` with. */
export const bomUploadResponse = z.object({ token: z.string(), projectUuid: z.string() });

/** Answer of `GET /v1/event/token/{uuid}`. */
export const tokenStatus = z.object({ processing: z.boolean() });

export type BomUploadFields = z.output<typeof bomUploadFields>;
export type BomUploadResponse = z.output<typeof bomUploadResponse>;
