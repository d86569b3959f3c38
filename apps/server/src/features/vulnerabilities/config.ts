import { property } from "../../platform/config/index.ts";

export const vulnerabilityProperties = {
  osvAllowLocal: property.boolean("dt.vuln-data-source.osv.allow-local-connections", {
    default: false,
    meaning: "permit the OSV data source to connect to this machine and to private networks",
  }),
  nvdAllowLocal: property.boolean("dt.vuln-data-source.nvd.allow-local-connections", {
    default: false,
    meaning: "permit the NVD data source to connect to this machine and to private networks",
  }),
  githubAllowLocal: property.boolean("dt.vuln-data-source.github.allow-local-connections", {
    default: false,
    meaning: "permit the GitHub data source to connect to this machine and to private networks",
  }),
  githubApiToken: property.string("dt.vuln-data-source.github.api-token", {
    default: "",
    meaning: "token for the GraphQL API of the GitHub data source; needs no permission",
    secret: true,
  }),
  githubTokenHosts: property.list("dt.vuln-data-source.github.api-token-hosts", {
    default: "api.github.com",
    meaning: "hosts (host or host:port) that the token is sent to, whatever address the GitHub data source has",
  }),
  fileRoots: property.list("dt.vuln-data-source.file-roots", {
    default: "",
    meaning: "directories below which file: URLs of vulnerability data sources may point; none by default",
  }),
  cisaAllowLocal: property.boolean("dt.kev-data-source.cisa.allow-local-connections", {
    default: false,
    meaning: "permit the KEV data source of CISA to connect to this machine and to private networks",
  }),
  enisaAllowLocal: property.boolean("dt.kev-data-source.enisa.allow-local-connections", {
    default: false,
    meaning: "permit the KEV data source of ENISA to connect to this machine and to private networks",
  }),
  vulncheckAllowLocal: property.boolean("dt.kev-data-source.vulncheck.allow-local-connections", {
    default: false,
    meaning: "permit the KEV data source of VulnCheck to connect to this machine and to private networks",
  }),
  vulncheckToken: property.string("dt.kev-data-source.vulncheck.api-token", {
    default: "",
    meaning: "token for the API of the KEV data source of VulnCheck",
    secret: true,
  }),
  vulncheckTokenHosts: property.list("dt.kev-data-source.vulncheck.api-token-hosts", {
    default: "api.vulncheck.com",
    meaning:
      "hosts (host or host:port) that the token is sent to, whatever address the KEV data source of VulnCheck has",
  }),
  epssAllowLocal: property.boolean("dt.vuln-source.epss.allow-local-connections", {
    default: false,
    meaning: "permit the mirror of EPSS to connect to this machine and to private networks",
  }),
  epssMirrorCron: property.cron("dt.task.epss-mirror.cron", {
    default: "0 1 * * *",
    meaning: "schedule (UTC) of the mirror of EPSS, while vuln-source/epss.enabled is on",
  }),
  kevMirrorCron: property.cron("dt.task.kev-mirror.cron", {
    default: "0 2 * * *",
    meaning: "schedule (UTC) of the mirrors of known exploited vulnerabilities, while their data sources are enabled",
  }),
  githubMirrorCron: property.cron("dt.task.github-advisory-vuln-data-source-mirror.cron", {
    default: "0 2 * * *",
    meaning: "schedule (UTC) of the GitHub mirror, while the data source is enabled",
  }),
  osvMirrorCron: property.cron("dt.task.osv-vuln-data-source-mirror.cron", {
    default: "0 3 * * *",
    meaning: "schedule (UTC) of the OSV mirror, while the data source is enabled",
  }),
  nvdMirrorCron: property.cron("dt.task.nvd-vuln-data-source-mirror.cron", {
    default: "0 4 * * *",
    meaning: "schedule (UTC) of the NVD mirror, while the data source is enabled",
  }),
};

/** Which property permits a KEV data source local connections. */
export const kevAllowLocal = {
  cisa: vulnerabilityProperties.cisaAllowLocal,
  enisa: vulnerabilityProperties.enisaAllowLocal,
  vulncheck: vulnerabilityProperties.vulncheckAllowLocal,
};
