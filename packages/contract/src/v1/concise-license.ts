import { z } from "zod";

/** A licence in short. */
export const conciseLicenseResponse = z.object({
  uuid: z.string(),
  licenseId: z.string(),
  name: z.string(),
  isOsiApproved: z.boolean(),
  isFsfLibre: z.boolean(),
  isDeprecatedLicenseId: z.boolean(),
  isCustomLicense: z.boolean(),
});

export type ConciseLicenseResponse = z.output<typeof conciseLicenseResponse>;
