import { z } from "zod";
import { uuidText } from "./access.ts";
import { optionalText } from "./portfolio.ts";

const optionalUuid = z
  .string()
  .trim()
  .nullish()
  .transform((text) => (text === null || text === "" ? undefined : text))
  .pipe(uuidText.optional());

const fields = z.object({
  project: optionalUuid,
  projectName: optionalText(),
  projectVersion: optionalText(),
});

type Fields = z.output<typeof fields>;

function namesAProject({ project, projectName }: Fields): boolean {
  return project !== undefined || projectName !== undefined;
}

const mustNameAProject = {
  path: ["projectName"],
  error: "either project or projectName (with projectVersion) is required",
};

/** The fields of `POST /v1/vex` besides the `vex` part; the same names as in JSON. */
export const vexUploadFields = fields.refine(namesAProject, mustNameAProject);

/** Body of `PUT /v1/vex`; `vex` is standard base64. */
export const vexSubmitRequest = z
  .object({ ...fields.shape, vex: z.string("a base64 encoded VEX is required").min(1, "must not be empty") })
  .refine(namesAProject, mustNameAProject);

export type VexUploadFields = z.output<typeof vexUploadFields>;
