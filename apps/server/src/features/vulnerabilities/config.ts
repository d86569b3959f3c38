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
  fileRoots: property.list("dt.vuln-data-source.file-roots", {
    default: "",
    meaning: "directories below which file: URLs of vulnerability data sources may point; none by default",
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
