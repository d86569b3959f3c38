import type { ApiClient } from "../api-client.ts";
import type { Random } from "../random.ts";
import { bomOf, nextParts } from "./bom-series.ts";
import type { ProjectHistory } from "./project-history.ts";

/** Uploads a new inventory of a project; the token. */
export async function uploadNext(api: ApiClient, project: ProjectHistory, random: Random): Promise<string> {
  const parts = nextParts(random, project.last);
  project.send(parts);
  const { token, projectUuid } = await api.upload(bomOf(parts), { name: project.name, version: "1" });
  project.uuid = projectUuid;
  project.tokens.push(token);
  return token;
}
