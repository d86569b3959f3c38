/**
 * The parts of API answers the commands read, taken from the contract. Only what is used is demanded, so that this
 * command line also understands servers that are somewhat older or newer.
 */
import { apiKeyResponse, teamResponse } from "@evertrack/contract/v1/access";
import { bomUploadResponse, tokenStatus } from "@evertrack/contract/v1/bom";
import { findingResponse } from "@evertrack/contract/v1/finding";
import { projectMetricsResponse } from "@evertrack/contract/v1/metrics";
import { projectResponse } from "@evertrack/contract/v1/portfolio";
import { vulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import { backfillResponse, listBackfillsResponse } from "@evertrack/contract/v2/backfills";
import { clusterInstance, clusterResponse } from "@evertrack/contract/v2/cluster";
import { extensionConfigResponse } from "@evertrack/contract/v2/extensions";
import { listTaskQueuesResponse, taskQueue } from "@evertrack/contract/v2/task-queues";
import { type MirrorRunStatus, mirrorRunStatus } from "@evertrack/contract/v2/vuln-data-sources";
import {
  listWorkflowRunEventsResponse,
  listWorkflowRunsResponse,
  workflowRunMetadata,
} from "@evertrack/contract/v2/workflow-runs";
import { z } from "zod";

/** Answer to an upload; others than Evertrack may leave the project out. */
export const uploadAnswer = bomUploadResponse.partial({ projectUuid: true });

/** State of an upload token. */
export const tokenAnswer = tokenStatus;

/** A project; `lastBomImport` in epoch milliseconds. */
export const projectAnswer = projectResponse.pick({ uuid: true, name: true, version: true, lastBomImport: true });

/** See {@link projectAnswer}. */
export type Project = z.infer<typeof projectAnswer>;

const { component, vulnerability, analysis } = findingResponse.shape;

/** A finding. */
export const findingAnswer = z.object({
  component: component.pick({ name: true, group: true, version: true, purl: true, projectName: true }),
  vulnerability: vulnerability.pick({ vulnId: true, source: true, severity: true, title: true }),
  analysis: analysis.partial().optional(),
  matrix: z.string(),
});

/** See {@link findingAnswer}. */
export type Finding = z.infer<typeof findingAnswer>;

/** A component as lists of a project name it. */
export const projectComponentAnswer = z.object({
  uuid: z.string(),
  name: z.string(),
  group: z.string().nullish(),
  version: z.string().nullish(),
  purl: z.string().nullish(),
});

/** Severity counts of a project's metrics. */
export const metricsAnswer = projectMetricsResponse.pick({
  critical: true,
  high: true,
  medium: true,
  low: true,
  unassigned: true,
});

/** A team, for keys. */
export const teamAnswer = teamResponse.pick({ uuid: true, name: true });

/** A new API key; the key itself is shown this one time. */
export const apiKeyAnswer = apiKeyResponse.pick({ publicId: true }).extend({ key: z.string() });

/** Configuration of an extension (API v2). */
export const extensionConfigAnswer = extensionConfigResponse;

/** Properties of the server (API v1); secret ones have no readable value. */
export const configPropertiesAnswer = z.array(
  z.object({ groupName: z.string(), propertyName: z.string(), propertyValue: z.string().nullish() }),
);

/** Latest mirror run (API v2); times in epoch milliseconds. */
export const mirrorStatusAnswer = mirrorRunStatus;

/** See {@link mirrorStatusAnswer}. */
export type MirrorStatus = MirrorRunStatus;

/** Identity of a vulnerability, and what it affects. */
export const vulnerabilityAnswer = vulnerabilityResponse.pick({ uuid: true, vulnId: true, affectedComponents: true });

/** An instance; states of newer servers are shown as they are. */
const instanceAnswer = clusterInstance.extend({ state: z.string() });

/** The cluster (API v2); ages in milliseconds. */
export const clusterAnswer = clusterResponse
  .pick({ versions: true, leader: true, roles: true, queues: true, mixed_versions: true })
  .extend({
    instances: z.array(instanceAnswer),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  });

/** See {@link clusterAnswer}. */
export type Cluster = z.infer<typeof clusterAnswer>;

/** See {@link clusterAnswer}. */
export type ClusterInstance = z.infer<typeof instanceAnswer>;

/** A run; states of newer servers are shown as they are, and others than Evertrack leave its own members out. */
export const runAnswer = workflowRunMetadata
  .partial({ kind: true, attempt: true })
  .extend({ status: z.string(), waiting_for: z.string().optional() });

/** See {@link runAnswer}. */
export type Run = z.infer<typeof runAnswer>;

const pageTotal = z.object({ count: z.number(), type: z.string() });

/** A page of runs. */
export const runPageAnswer = listWorkflowRunsResponse.extend({ items: z.array(runAnswer), total: pageTotal });

/** A page of what happened to a run. */
export const runEventPageAnswer = listWorkflowRunEventsResponse;

/** One event of a run. */
export type RunEvent = z.infer<typeof runEventPageAnswer>["items"][number];

const queueAnswer = taskQueue.partial({ running: true }).extend({ status: z.string() });

/** A queue. */
export type Queue = z.infer<typeof queueAnswer>;

/** A page of queues. */
export const queuePageAnswer = listTaskQueuesResponse.extend({ items: z.array(queueAnswer) });

/** A backfill; states of newer servers are shown as they are. */
export const backfillAnswer = backfillResponse.extend({ status: z.string() });

/** See {@link backfillAnswer}. */
export type Backfill = z.infer<typeof backfillAnswer>;

/** All backfills. */
export const backfillsAnswer = listBackfillsResponse.extend({ items: z.array(backfillAnswer), total: pageTotal });
