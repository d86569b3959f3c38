import { AppError, InvalidRequest, PlainError } from "../../platform/http/index.ts";

/** The sentences of v1 about vulnerabilities. */
export const vulnerabilityNotFound = () => new PlainError(404, "The vulnerability could not be found.");

export const vulnerabilityIdTaken = () =>
  new PlainError(409, "A vulnerability with the specified vulnId already exists.");

export const onlyInternalEditable = () =>
  new PlainError(406, "The vulnerability can only be changed if its source is INTERNAL.");

export const vulnIdStays = () => new PlainError(406, "The vulnId may not be changed.");

export const cpeNotYet = () =>
  new PlainError(
    409,
    "Components can be affected by CPE once the upgrade to 0.4.0 is finalized; name the package with a purl.",
  );

export const tagsNotYet = () =>
  new PlainError(409, "Vulnerabilities can have tags once the upgrade to 0.4.0 is finalized.");

export const tagNotFound = () => new AppError("not-found", "A tag with this name does not exist.");

/** A member whose value the schema allows and its meaning does not. */
export function invalidMember(path: string, message: string, invalidValue: unknown): InvalidRequest {
  return new InvalidRequest([{ path, message, messageTemplate: "invalid", invalidValue }]);
}
