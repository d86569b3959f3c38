import { z } from "zod";

const NAME_MAX = 255;

/** A trimmed, non-empty, printable name of at most 255 characters. */
export const nameText = z
  .string()
  .trim()
  .min(1, "must not be blank")
  .max(NAME_MAX)
  .regex(/^[\P{C}]+$/u, "may only contain printable characters");

/** A UUID in any letter case. */
export const uuidText = z.guid("must be a valid UUID").transform((text) => text.toLowerCase());

/** `POST /v1/user/login`, form. */
export const loginForm = z.object({ username: z.string(), password: z.string() });

/** `POST /v1/user/forceChangePassword`, form. */
export const changePasswordForm = z.object({
  username: z.string(),
  password: z.string(),
  newPassword: z.string(),
  confirmPassword: z.string(),
});

/** `PUT|POST /v1/team`; further members of a Team are ignored. */
export const teamRequest = z.object({ uuid: uuidText.optional(), name: nameText });

/** `DELETE /v1/team` and every other body that only points at something. */
export const identifiedByUuid = z.object({ uuid: uuidText });

/** `PUT|POST /v1/user/managed`. */
export const managedUserRequest = z.object({
  username: nameText,
  fullname: z.string().trim().max(NAME_MAX).nullish(),
  email: z.string().trim().max(NAME_MAX).nullish(),
  newPassword: z.string().nullish(),
  confirmPassword: z.string().nullish(),
  suspended: z.boolean().nullish(),
  forcePasswordChange: z.boolean().nullish(),
  nonExpiryPassword: z.boolean().nullish(),
});

/** `DELETE /v1/user/managed`. */
export const identifiedByUsername = z.object({ username: nameText });

/** `POST /v1/user/self`. */
export const selfRequest = managedUserRequest.partial({ username: true });

/** `PUT /v1/user/membership`: replaces the set of teams. */
export const teamsSetRequest = z.object({ username: nameText, teams: z.array(uuidText).max(1000) });

/** `PUT /v1/permission/team`: replaces the set of permissions. */
export const teamPermissionsRequest = z.object({ team: uuidText, permissions: z.array(z.string()).max(100) });

/** `PUT /v1/permission/user`. */
export const userPermissionsRequest = z.object({ username: nameText, permissions: z.array(z.string()).max(100) });

/** Answer of `PUT /v1/team/{uuid}/key`: the only time the key is shown. */
export const apiKeyResponse = z.object({
  publicId: z.string(),
  key: z.string().optional(),
  maskedKey: z.string(),
  comment: z.string().optional(),
  created: z.number().optional(),
  lastUsed: z.number().optional(),
  legacy: z.boolean(),
});

/** A Team as `GET /v1/team` lists it; members clients of this repository do not read are left out. */
export const teamResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  apiKeys: z.array(apiKeyResponse).optional(),
});
