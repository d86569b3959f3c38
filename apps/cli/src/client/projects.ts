import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type Project, projectAnswer } from "./answers.ts";
import { type Api, callJson, callJsonUnless } from "./http.ts";
import { listAll } from "./pages.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const VERSIONS_SHOWN_MAX = 10;

/** Finds a project by UUID, `name@version`, or name: its latest version, or its only one. */
export async function findProject(api: Api, wanted: string, version?: string): Promise<Project> {
  if (UUID.test(wanted))
    return await callJson(api, { method: "GET", path: `/api/v1/project/${wanted}` }, projectAnswer);
  if (version !== undefined) {
    const exact = await lookUp(api, wanted, version);
    return exact ?? notFound(`${wanted}@${version}`);
  }
  // The last `@` only: npm scopes begin with one.
  const at = wanted.lastIndexOf("@");
  const split = at > 0 ? await lookUp(api, wanted.slice(0, at), wanted.slice(at + 1)) : undefined;
  return split ?? (await findByName(api, wanted));
}

/** The project with exactly this name and version (no version: the one without), if there is one. */
export async function lookUp(api: Api, name: string, version?: string): Promise<Project | undefined> {
  const query = version === undefined ? { name } : { name, version };
  return await callJsonUnless(api, { method: "GET", path: "/api/v1/project/lookup", query }, [404], projectAnswer);
}

async function findByName(api: Api, name: string): Promise<Project> {
  const path = `/api/v1/project/latest/${encodeURIComponent(name)}`;
  const latest = await callJsonUnless(api, { method: "GET", path }, [404], projectAnswer);
  if (latest !== undefined) return latest;
  const versions = await listAll(api, "/api/v1/project", projectAnswer, { name });
  const exact = versions.filter((project) => project.name === name);
  const [only] = exact;
  if (only === undefined) return notFound(name);
  if (exact.length === 1) return only;
  throw new CliError(EXIT.usage, `${name} has ${exact.length} versions and none is marked as the latest. Say which:`, {
    details: exact.slice(0, VERSIONS_SHOWN_MAX).map((project) => `${name}@${project.version ?? ""}`),
  });
}

function notFound(wanted: string): never {
  throw new CliError(EXIT.usage, `There is no project ${wanted}, or it is not visible with these credentials.`);
}
