import { PlainError } from "../../platform/http/index.ts";

/** The sentences of v1 about licences and their groups. */
export const licenseNotFound = () => new PlainError(404, "The license could not be found.");

export const licenseIdTaken = () => new PlainError(409, "A license with the specified ID already exists.");

export const onlyCustomDeletable = () => new PlainError(409, "Only custom licenses can be deleted.");

export const groupNotFound = () => new PlainError(404, "The license group could not be found.");

export const groupNameTaken = () => new PlainError(409, "A license group with the specified name already exists.");
