import { InvalidRequest, PlainError } from "../../platform/http/index.ts";

/** The sentences of v1 about components. */
export const componentNotFound = () => new PlainError(404, "The component could not be found.");

export const componentExists = () => new PlainError(409, "The project has a component with this identity already.");

export const componentChanged = () =>
  new PlainError(409, "The component was changed by somebody else in the meantime; read it again.");

export const noComponentsHere = () => new PlainError(400, "A collection project has no components of its own.");

export const propertyExists = () => new PlainError(409, "A property with the specified name and value already exists.");

export const propertyNotFound = () => new PlainError(404, "The component property could not be found.");

/** 400 naming the member. */
export function invalidMember(path: string, message: string, invalidValue: unknown): InvalidRequest {
  return new InvalidRequest([{ path, message, messageTemplate: "invalid", invalidValue }]);
}
