/** Why a component has a finding or none: finds what was named, and asks the server. */
import { explanationResponse, matchTrial } from "@evertrack/contract/v2/explanation";
import { z } from "zod";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type Project, projectComponentAnswer } from "./answers.ts";
import { type Api, callJsonUnless } from "./http.ts";
import { listAll } from "./pages.ts";
import { vulnerabilitiesMeant } from "./vulnerabilities.ts";

const { fix } = explanationResponse.shape;

/** An explanation; reasons of newer servers are shown as they are. */
const explanationAnswer = explanationResponse.extend({
  reason: z.string(),
  trials: z.array(matchTrial.extend({ by: z.string(), reason: z.string() })),
  fix: fix.unwrap().extend({ status: z.string(), graph: z.string() }).optional(),
});

/** See {@link explanationAnswer}. */
export type Explanation = z.infer<typeof explanationAnswer>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CHOICES_SHOWN_MAX = 10;

/** UUID of the component of a project that is called so: UUID, purl, `name@version`, `group/name`, or name. */
export async function findComponent(api: Api, project: Project, wanted: string): Promise<string> {
  if (UUID.test(wanted)) return wanted;
  const isPurl = wanted.startsWith("pkg:");
  const at = wanted.lastIndexOf("@");
  const named = !isPurl && at > 0 ? wanted.slice(0, at) : wanted;
  const searchText = isPurl ? wanted : named.slice(named.lastIndexOf("/") + 1);
  const path = `/api/v1/component/project/${project.uuid}`;
  const found = (await listAll(api, path, projectComponentAnswer, { searchText })).filter((one) => {
    if (isPurl) return one.purl === wanted;
    const whole = one.group ? `${one.group}/${one.name}` : one.name;
    return [one.name, whole].some((name) => name === wanted || `${name}@${one.version ?? ""}` === wanted);
  });
  const [only] = found;
  if (only === undefined) throw usageError(`${project.name} has no component ${wanted}.`);
  if (found.length === 1) return only.uuid;
  throw usageError(`${project.name} has ${found.length} components called ${wanted}. Say which:`, [
    ...found
      .slice(0, CHOICES_SHOWN_MAX)
      .map(({ uuid, purl, name, version }) => `${uuid}  ${purl ?? `${name}@${version ?? ""}`}`),
  ]);
}

/** Asks for the explanation; the vulnerability is an id such as `CVE-2021-23337`, or `SOURCE/id`. */
export async function explain(
  api: Api,
  project: Project,
  { component, vulnerability }: { component: string; vulnerability: string },
): Promise<Explanation> {
  for (const { source, vulnId } of vulnerabilitiesMeant(vulnerability)) {
    const path = `/api/v2/components/${component}/findings/${source}/${encodeURIComponent(vulnId)}/explanation`;
    const found = await callJsonUnless(api, { method: "GET", path }, [404], explanationAnswer);
    if (found === undefined) continue;
    if (found.project.uuid === project.uuid) return found;
    throw usageError(`The component ${component} belongs to another project: ${found.project.name}.`);
  }
  throw new CliError(EXIT.usage, `The server knows no vulnerability ${vulnerability}, or no component ${component}.`, {
    details: ["Is the source that names it mirrored?"],
  });
}
