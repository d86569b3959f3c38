import { changePasswordForm, loginForm, selfRequest } from "@evertrack/contract/v1/access";
import { type Route, route } from "../../../../platform/http/index.ts";
import { changePassword, type LoginDeps, login, logout } from "../../commands/login.ts";
import { updateSelf } from "../../commands/users.ts";
import { ownProfile } from "../../queries/users.ts";

/** Login, logout and the caller's own profile. */
export function sessionRoutes(deps: LoginDeps): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/user/login",
      access: "public",
      body: loginForm,
      async handle({ body, reply }) {
        reply.type("text/plain; charset=utf-8");
        return login(deps, body.username, body.password);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/user/forceChangePassword",
      access: "public",
      body: changePasswordForm,
      handle: ({ body }) => changePassword(deps, body),
    }),
    route({
      method: "POST",
      path: "/api/v1/user/logout",
      access: "authenticated",
      async handle({ raw, reply }) {
        const token = /^Bearer\s+(.+)$/i.exec(raw.headers.authorization ?? "")?.[1];
        if (token !== undefined) await logout(deps, token);
        reply.status(204);
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/user/self",
      access: "authenticated",
      handle: ({ principal }) => ownProfile(deps.database.db, principal),
    }),
    route({
      method: "POST",
      path: "/api/v1/user/self",
      access: "authenticated",
      body: selfRequest,
      async handle({ principal, body }) {
        await updateSelf(deps, await ownProfile(deps.database.db, principal), body);
        return ownProfile(deps.database.db, principal);
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/user/self/permissions",
      access: "authenticated",
      handle: async ({ principal }) => [...principal.permissions].sort(),
    }),
  ];
}
