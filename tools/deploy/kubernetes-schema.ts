import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseAllDocuments } from "yaml";
import { KUBERNETES_KINDS } from "./kubernetes-kinds.ts";

/** The oldest version the recipes are for, and the newest known when they were written. */
export const KUBERNETES_VERSIONS = ["1.29", "1.37"] as const;

/** An object of the Kubernetes API, as far as tests look at it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** The objects of a file that may hold several; empty ones are left out. Throws on invalid YAML. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    const object: unknown = document.toJS();
    return object === null ? [] : [object as Manifest];
  });
}

/** Judges objects by the schema of an API version; unknown members are problems. */
export function kubernetesJudge(version: (typeof KUBERNETES_VERSIONS)[number]) {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, `generated/kubernetes-${version}.json`), "utf8"));
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    allErrors: true,
    schemas: [{ $id: "api", ...schema }],
  });
  return (manifest: Manifest): string[] => {
    const definition = KUBERNETES_KINDS[`${manifest.apiVersion} ${manifest.kind}`];
    if (definition === undefined) return [`${manifest.apiVersion} ${manifest.kind}: no schema was collected`];
    const validate = ajv.getSchema(`api#/$defs/${definition}`);
    if (validate === undefined) throw new Error(`no definition ${definition}`);
    if (validate(manifest)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${manifest.kind} ${manifest.metadata.name} ${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  };
}
