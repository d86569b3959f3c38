import { z } from "zod";

/** The CycloneDX versions that are written. */
const EXPORT_VERSIONS = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] as const;

/** Chosen where the client says nothing, as other servers do. */
const VERSION_DEFAULT = "1.5";

const word = <const V extends readonly [string, ...string[]]>(values: V) =>
  z
    .string()
    .transform((text) => values.find((value) => value.toLowerCase() === text.trim().toLowerCase()) ?? text)
    .pipe(z.enum(values, `must be one of ${values.join(", ")}`));

const format = word(["json", "xml"]).default("json");
const version = z.enum(EXPORT_VERSIONS, `must be one of ${EXPORT_VERSIONS.join(", ")}`).default(VERSION_DEFAULT);
const download = word(["true", "false"])
  .default("false")
  .transform((text) => text === "true");

/** Query of `GET /v1/bom/cyclonedx/project/{uuid}` and `…/component/{uuid}`. */
export const bomExportQuery = z.object({
  format,
  version,
  variant: word(["inventory", "withVulnerabilities", "vdr"]).default("inventory"),
  download,
});

/** Query of `GET /v1/vex/cyclonedx/project/{uuid}`; vulnerabilities are said since 1.4. */
export const vexExportQuery = z.object({
  version: z.enum(["1.4", "1.5", "1.6", "1.7"], "must be one of 1.4, 1.5, 1.6, 1.7").default(VERSION_DEFAULT),
  download,
});
