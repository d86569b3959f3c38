import { z } from "zod";

/** `POST /v1/configProperty`; an absent value unsets the property. */
export const updatePropertyRequest = z.object({
  groupName: z.string().trim().min(1),
  propertyName: z.string().trim().min(1),
  propertyValue: z.string().max(65_536).nullish(),
});

/** `POST /v1/configProperty/aggregate`. */
export const updatePropertiesRequest = z.array(updatePropertyRequest).max(1_000);
