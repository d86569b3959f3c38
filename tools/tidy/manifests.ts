import { z } from "zod";
import type { Repository } from "./repository.ts";

const dependencies = z.record(z.string(), z.string()).default({});
const manifestSchema = z.object({
  name: z.string(),
  version: z.string().optional(),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
  peerDependencies: dependencies,
});

/** A package.json of this repository, with all its dependencies in one record. */
export interface Manifest {
  path: string;
  text: string;
  manifest: z.infer<typeof manifestSchema>;
  dependencies: Record<string, string>;
}

/** Every package.json of the repository. */
export function manifestsOf(repository: Repository): Manifest[] {
  const paths = repository.paths.filter((path) =>
    /^(?:(?:packages|apps)\/[^/]+\/|[a-z0-9]+\/)?package\.json$/.test(path),
  );
  return paths.map((path) => {
    const text = repository.read(path);
    const manifest = manifestSchema.parse(JSON.parse(text));
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
    const all = { ...peerDependencies, ...optionalDependencies, ...devDependencies, ...dependencies };
    return { path, text, manifest, dependencies: all };
  });
}

const lockedPackage = z.object({
  version: z.string().optional(),
  license: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  dependencies: dependencies.optional(),
  devDependencies: dependencies.optional(),
  optionalDependencies: dependencies.optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), lockedPackage) });

/** The packages of package-lock.json by path (`""` is the root); undefined without a lock file. */
export function lockedPackages(repository: Repository): z.infer<typeof lockSchema>["packages"] | undefined {
  if (!repository.paths.includes("package-lock.json")) return undefined;
  return lockSchema.parse(JSON.parse(repository.read("package-lock.json"))).packages;
}
