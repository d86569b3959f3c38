import type { Readable } from "node:stream";
import type { BomComponent, BomDependency, BomService, BomSpecVersion, BomVulnerability } from "@evertrack/sbom";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import { PlainError, type Principal, type SnapshotStreams } from "../../../platform/http/index.ts";
import { licensesOf, listServices, type StatedLicense } from "../../components/index.ts";
import {
  type LookupDeps,
  portfolioScopeOf,
  projectAccessDenied,
  projectNotFound,
  readProject,
  requireProject,
} from "../../projects/index.ts";
import { severityName, vulnerabilityDetails } from "../../vulnerabilities/index.ts";
import { componentModel, serviceModel } from "../rules/component-model.ts";
import { metadataModel } from "../rules/project-model.ts";
import { stated } from "../rules/stored-json.ts";
import { vulnerabilityModel } from "../rules/vulnerability-model.ts";
import { type DecidedGroup, type DecidedWalk, decidedAfter } from "../store/decided.ts";
import * as store from "../store/inventory.ts";

const BATCH_SIZE = 500;
/** Far beyond what any project has: a walk that does not end would hold its transaction. */
const BATCHES_MAX = 100_000;

/** What exports need. */
export interface ExportDeps extends LookupDeps {
  clock: Clock;
  streams: SnapshotStreams;
  /** Of this build. */
  version: string;
}

/** How a document is written. */
export interface ExportOptions {
  format: "json" | "xml";
  specVersion: BomSpecVersion;
}

/** What of a project is told: the inventory, with vulnerabilities, what is affected with decisions, or decisions alone. */
export type ExportVariant = "inventory" | "withVulnerabilities" | "vdr" | "vex";

/** A project the caller may see as CycloneDX. */
export async function exportProject(
  deps: ExportDeps,
  principal: Principal,
  uuid: string,
  variant: ExportVariant,
  options: ExportOptions,
): Promise<Readable> {
  const { id } = await requireProject(deps, principal, uuid);
  return deps.streams.open((db) => documentOf(deps, db, { projectId: id, variant }, options));
}

/** One component of a project the caller may see as CycloneDX, without what it depends on. */
export async function exportComponent(
  deps: ExportDeps,
  principal: Principal,
  uuid: string,
  options: ExportOptions,
): Promise<Readable> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const found = await store.locateComponent(deps.database.db, scope, uuid);
  if (found === undefined) throw new PlainError(404, "The component could not be found.");
  if (!found.visible) throw projectAccessDenied();
  const { projectId, identityId } = found;
  return deps.streams.open((db) => documentOf(deps, db, { projectId, identityId, variant: "inventory" }, options));
}

interface Subject {
  projectId: number;
  /** Only this component. */
  identityId?: number;
  variant: ExportVariant;
}

async function* documentOf(
  { clock, version }: ExportDeps,
  db: Db,
  subject: Subject,
  options: ExportOptions,
): AsyncGenerator<string> {
  const project = await readProject(db, { all: true }, subject.projectId);
  if (project === undefined) throw projectNotFound();
  // An instance that exports nothing does not load what writing takes.
  const { writeBom } = await import("@evertrack/sbom/write");
  const document = {
    serialNumber: clock.uuid(),
    version: 1,
    timestamp: clock.now().toISOString(),
    metadata: metadataModel(project, version),
    services: await servicesOf(db, subject),
    components: componentsOf(db, subject),
    dependencies: dependenciesOf(db, subject, project.uuid),
    vulnerabilities: vulnerabilitiesOf(db, subject, project.uuid),
  };
  yield* writeBom(document, options);
}

function tellsInventory({ variant, identityId }: Subject): boolean {
  return identityId === undefined && (variant === "inventory" || variant === "withVulnerabilities");
}

async function servicesOf(db: Db, subject: Subject): Promise<BomService[]> {
  const services: BomService[] = [];
  if (!tellsInventory(subject)) return services;
  for await (const batch of listServices(db, subject.projectId)) services.push(...batch.map(serviceModel));
  return services;
}

async function* componentsOf(db: Db, subject: Subject): AsyncGenerator<BomComponent[]> {
  const { projectId, identityId, variant } = subject;
  if (variant === "vex") return;
  const wanted = { projectId, onlyVulnerable: variant === "vdr" };
  const read = (afterId: number) => store.componentsAfter(db, wanted, afterId, BATCH_SIZE);
  if (identityId !== undefined) yield (await store.readExported(db, projectId, identityId)).map(modelOf);
  else for await (const rows of walk(read, (row) => row.identityId)) yield rows.map(modelOf);
}

function modelOf(row: store.ExportedComponent): BomComponent {
  const { license, licenseExpression, licenseUrl, isSpdx } = row;
  const statement = stated({ license, licenseExpression, licenseUrl });
  const kept = row.detail?.licenses as readonly StatedLicense[] | undefined;
  return componentModel(
    row,
    licensesOf({ statement, stated: kept, isSpdx }).map((said) => ({ ...said })),
  );
}

async function* dependenciesOf(db: Db, subject: Subject, projectUuid: string): AsyncGenerator<BomDependency[]> {
  if (!tellsInventory(subject)) return;
  const direct = await store.directDependencies(db, subject.projectId);
  if (direct !== undefined) yield [{ ref: projectUuid, dependsOn: direct }];
  const read = (afterId: number) => store.dependenciesAfter(db, subject.projectId, afterId, BATCH_SIZE);
  for await (const rows of walk(read, (row) => row.identityId)) yield rows;
}

async function* vulnerabilitiesOf(db: Db, subject: Subject, projectUuid: string): AsyncGenerator<BomVulnerability[]> {
  const { projectId, variant } = subject;
  if (variant === "inventory") return;
  const wanted: DecidedWalk = { projectId, withDecisions: variant !== "withVulnerabilities" };
  const read = (afterId: number) => decidedAfter(db, wanted, afterId, BATCH_SIZE);
  for await (const groups of walk(read, (group) => group.vulnerabilityId)) {
    const details = await vulnerabilityDetails(db, [...new Set(groups.map((group) => group.vulnerabilityId))]);
    const byId = new Map(details.map((vulnerability) => [vulnerability.id, vulnerability]));
    const whole = variant === "vex" ? decidedAsWhole(groups) : undefined;
    yield groups.flatMap((group) => {
      const vulnerability = byId.get(group.vulnerabilityId);
      const affects = whole?.has(group.vulnerabilityId) ? [projectUuid] : group.components;
      if (vulnerability === undefined) return [];
      const severityWord = severityName(vulnerability.severity);
      return [vulnerabilityModel({ ...vulnerability, severityWord }, group, affects)];
    });
  }
}

/** Vulnerabilities about which the same was decided for all components; all groups of one are in the same batch. */
function decidedAsWhole(groups: readonly DecidedGroup[]): Set<number> {
  const seen = new Map<number, number>();
  for (const { vulnerabilityId } of groups) seen.set(vulnerabilityId, (seen.get(vulnerabilityId) ?? 0) + 1);
  return new Set([...seen].filter(([, count]) => count === 1).map(([id]) => id));
}

async function* walk<R>(read: (afterId: number) => Promise<R[]>, idOf: (row: R) => number): AsyncGenerator<R[]> {
  let afterId = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const rows = await read(afterId);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    afterId = idOf(last);
  }
  throw new Error(`an export has more than ${BATCHES_MAX} batches`);
}
