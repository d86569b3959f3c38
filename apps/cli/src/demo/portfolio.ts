import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Project, projectAnswer } from "../client/answers.ts";
import { type Api, ApiError, call } from "../client/http.ts";
import { listAll } from "../client/pages.ts";
import { uploadBom, waitForToken } from "../client/upload.ts";
import { FIXTURES } from "./advisories.ts";

/** Every project of the demo carries it; `demo --remove` goes by it. */
export const DEMO_TAG = "evertrack-demo";

const bomSchema = z.object({
  metadata: z.object({ component: z.object({ name: z.string(), version: z.string() }) }),
  components: z.array(z.unknown()),
});

/** One bill of materials of the demo. */
export interface DemoBom {
  readonly path: string;
  readonly fileName: string;
  readonly name: string;
  readonly version: string;
  readonly components: number;
  readonly isLatest: boolean;
}

/** The demo's bills of materials; of several versions of a name the last in order is the latest. */
export function demoBoms(): DemoBom[] {
  const boms = readdirSync(FIXTURES)
    .filter((fileName) => fileName.endsWith(".cdx.json"))
    .sort()
    .map((fileName) => readBom(fileName));
  return boms.map((bom, index) => ({ ...bom, isLatest: boms.slice(index + 1).every(({ name }) => name !== bom.name) }));
}

function readBom(fileName: string): Omit<DemoBom, "isLatest"> {
  const path = join(FIXTURES, fileName);
  const { metadata, components } = bomSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  return { path, fileName, ...metadata.component, components: components.length };
}

/** Uploads one and waits until it is analysed; returns the project's UUID. */
export async function uploadDemoBom(api: Api, bom: DemoBom): Promise<string | undefined> {
  const fields = {
    projectName: bom.name,
    projectVersion: bom.version,
    autoCreate: "true",
    projectTags: DEMO_TAG,
    ...(bom.isLatest ? { isLatest: "true" } : {}),
  };
  const receipt = await uploadBom(api, { path: bom.path, fileName: bom.fileName, fields }, () => {});
  await waitForToken(api, receipt.token, () => {});
  return receipt.projectUuid;
}

/** Projects that carry the demo's tag. */
export async function demoProjects(api: Api): Promise<Project[]> {
  try {
    return await listAll(api, `/api/v1/project/tag/${DEMO_TAG}`, projectAnswer);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

/** Deletes a project; one that is gone already is fine. */
export async function deleteProject(api: Api, uuid: string): Promise<void> {
  await call(api, { method: "DELETE", path: `/api/v1/project/${uuid}`, safe: true }, [404]);
}
