import { z } from "zod";
import { uuidText } from "./access.ts";
import {
  externalReference,
  liberalBoolean,
  organizationalContact,
  organizationalEntity,
  parentProject,
} from "./portfolio.ts";

const SHORT_TEXT_MAX = 255;
const LONG_TEXT_MAX = 1_024;
const URL_MAX = 2_048;
const NOTES_MAX = 16_384;
const LIST_MAX = 1_000;
/** Letters, marks, symbols, numbers, punctuation and white space. */
const PRINTABLE = /^[\s\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]*$/u;

function printable(lengthMax: number) {
  return z.string().trim().max(lengthMax).regex(PRINTABLE, "may only contain printable characters");
}

/** A member that is absent stays as it is; null or blank empties it. */
function changeable(lengthMax: number = SHORT_TEXT_MAX) {
  return printable(lengthMax)
    .nullish()
    .transform((text) => (text === "" ? null : text));
}

const text = printable(URL_MAX).optional();
const name = printable(SHORT_TEXT_MAX).min(1, "must not be blank");

/** Of people and organisations; texts that can be stored. */
const contact = organizationalContact.extend({ name: text, email: text, phone: text });
const organization = organizationalEntity.extend({
  name: text,
  urls: z.array(printable(URL_MAX)).max(LIST_MAX).optional(),
  contacts: z.array(contact).max(LIST_MAX).optional(),
});

/** What kind of data a service handles and which way it flows. */
export const dataClassification = z.object({
  name: printable(SHORT_TEXT_MAX).optional(),
  direction: z.enum(["INBOUND", "OUTBOUND", "BI_DIRECTIONAL", "UNKNOWN"]).optional(),
});

const members = {
  group: changeable(),
  version: changeable(),
  description: changeable(LONG_TEXT_MAX),
  authenticated: liberalBoolean,
  crossesTrustBoundary: liberalBoolean,
  provider: organization.nullish(),
  data: z.array(dataClassification).max(LIST_MAX).nullish(),
  endpoints: z.array(printable(URL_MAX)).max(LIST_MAX).nullish(),
  externalReferences: z
    .array(
      externalReference.extend({
        type: printable(SHORT_TEXT_MAX),
        url: printable(URL_MAX),
        comment: printable(LONG_TEXT_MAX).optional(),
      }),
    )
    .max(LIST_MAX)
    .nullish(),
  notes: changeable(NOTES_MAX),
};

/** Body of `PUT /v1/service/project/{uuid}`. Members of a service that only the server sets are ignored. */
export const serviceCreation = z.object({ ...members, name });

/** Body of `POST /v1/service`: members that are absent stay as they are, null or blank empties them. */
export const serviceUpdate = z.object({ ...members, uuid: uuidText, name: name.nullish() });

/** A service as lists and single reads answer it. */
export const serviceResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string().optional(),
  description: z.string().optional(),
  authenticated: z.boolean().optional(),
  crossesTrustBoundary: z.boolean().optional(),
  provider: organizationalEntity.optional(),
  data: z.array(dataClassification).optional(),
  endpoints: z.array(z.string()).optional(),
  externalReferences: z.array(externalReference).optional(),
  notes: z.string().optional(),
  lastInheritedRiskScore: z.number(),
  project: parentProject,
});

export type ServiceCreation = z.output<typeof serviceCreation>;
export type ServiceUpdate = z.output<typeof serviceUpdate>;
export type ServiceResponse = z.output<typeof serviceResponse>;
