import { z } from "zod";
import { conciseLicenseResponse } from "./concise-license.ts";
import { liberalBoolean, optionalText } from "./portfolio.ts";

const ID_MAX = 255;
const TEXT_MAX = 1_000_000;
const URL_MAX = 2_048;
const URLS_MAX = 100;

const longText = z
  .string()
  .max(TEXT_MAX)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "may only contain characters that can be stored")
  .nullish()
  .transform((text) => text ?? undefined);

/** Names that must be there: what optional ones are, and not blank. */
export const requiredText = optionalText().transform((text, context) => {
  if (text !== undefined) return text;
  context.addIssue({ code: "custom", message: "must not be blank" });
  return z.NEVER;
});

/** Body of `PUT /v1/license`: a custom licence. */
export const licenseCreation = z.object({
  licenseId: z
    .string()
    .trim()
    .min(1, "must not be blank")
    .max(ID_MAX)
    .regex(/^[a-zA-Z0-9_.\-+]*$/, "may only contain letters, digits and _ . - +"),
  name: requiredText,
  licenseText: longText,
  standardLicenseTemplate: longText,
  standardLicenseHeader: longText,
  licenseComments: longText,
  seeAlso: z
    .array(z.string().trim().max(URL_MAX))
    .max(URLS_MAX)
    .nullish()
    .transform((urls) => urls?.filter((url) => url !== "")),
  isOsiApproved: liberalBoolean,
  isFsfLibre: liberalBoolean,
  isDeprecatedLicenseId: liberalBoolean,
});

/** A licence with everything about it. */
export const licenseResponse = conciseLicenseResponse.extend({
  licenseText: z.string().optional(),
  standardLicenseTemplate: z.string().optional(),
  standardLicenseHeader: z.string().optional(),
  licenseComments: z.string().optional(),
  seeAlso: z.array(z.string()),
  licenseGroups: z.array(z.object({ uuid: z.string(), name: z.string(), riskWeight: z.number() })),
});

export type LicenseCreation = z.output<typeof licenseCreation>;
export type LicenseResponse = z.output<typeof licenseResponse>;
