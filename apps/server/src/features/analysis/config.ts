import { property } from "../../platform/config/index.ts";

export const analysisProperties = {
  sliceCron: property.cron("dt.task.portfolio-analysis.slice-cron", {
    default: "* * * * *",
    meaning: "when the next scheduled analyses are started (UTC), as many as may be in flight",
  }),
  inFlightMax: property.integer("dt.task.portfolio-analysis.max-in-flight-analyses", {
    default: 50,
    min: 0,
    max: 1000,
    meaning: "scheduled analyses under way at the same time in the whole cluster; 0 starts none",
  }),
  maxAgeMs: property.integer("dt.task.portfolio-analysis.max-analysis-age-ms", {
    default: 86_400_000,
    min: 1000,
    meaning: "projects whose last analysis is older are analysed again",
  }),
  ossIndexToken: property.string("dt.vuln-analyzer.oss-index.api-token", {
    secret: true,
    meaning: "token of the external analyzer OSS Index, which cannot be enabled without one",
  }),
  ossIndexAllowLocal: property.boolean("dt.vuln-analyzer.oss-index.allow-local-connections", {
    default: false,
    meaning: "permit the external analyzer OSS Index to connect to this machine and to private networks",
  }),
  ossIndexTtlMs: property.integer('dt.cache."vuln-analyzer.oss-index.results".ttl-ms', {
    default: 86_400_000,
    min: 60_000,
    max: 2_592_000_000,
    meaning: "answers of OSS Index are used again for this long, by all instances",
  }),
  snykToken: property.string("dt.vuln-analyzer.snyk.api-token", {
    secret: true,
    meaning: "token of the external analyzer Snyk, which cannot be enabled without one",
  }),
  snykApiVersion: property.string("dt.vuln-analyzer.snyk.api-version", {
    default: "2025-11-05",
    meaning: "version of Snyk's REST API that is asked for",
  }),
  snykAllowLocal: property.boolean("dt.vuln-analyzer.snyk.allow-local-connections", {
    default: false,
    meaning: "permit the external analyzer Snyk to connect to this machine and to private networks",
  }),
  snykTtlMs: property.integer('dt.cache."vuln-analyzer.snyk.results".ttl-ms', {
    default: 43_200_000,
    min: 60_000,
    max: 2_592_000_000,
    meaning: "answers of Snyk are used again for this long, by all instances",
  }),
  trivyToken: property.string("dt.vuln-analyzer.trivy.api-token", {
    secret: true,
    meaning: "token of the external analyzer Trivy, where its server wants one",
  }),
  trivyAllowLocal: property.boolean("dt.vuln-analyzer.trivy.allow-local-connections", {
    default: false,
    meaning: "permit the external analyzer Trivy to connect to this machine and to private networks",
  }),
  cacheMaintenanceCron: property.cron("dt.task.analyzer-cache-maintenance.cron", {
    default: "*/5 * * * *",
    meaning: "when expired answers of external analyzers are removed (UTC)",
  }),
};
