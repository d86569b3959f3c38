import { z } from "zod";
import { uuidText } from "./access.ts";
import { conciseLicenseResponse } from "./concise-license.ts";
import { requiredText } from "./license.ts";

/** Body of `PUT /v1/licenseGroup`. */
export const licenseGroupCreation = z.object({ name: requiredText });

/** Body of `POST /v1/licenseGroup`. */
export const licenseGroupUpdate = z.object({ uuid: uuidText, name: requiredText });

/** A licence group with its licences. */
export const licenseGroupResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  riskWeight: z.number(),
  licenses: z.array(conciseLicenseResponse),
});

export type LicenseGroupResponse = z.output<typeof licenseGroupResponse>;
