import type { Operation } from "@evertrack/contract";

/** Answers which methods an address knows: what a 405 tells in `Allow`. Paths may carry `{name}` or `:name`. */
export function allowedMethods(operations: readonly Operation[]): (path: string) => string[] {
  const known = operations.map(([method, path]) => ({ method, pattern: patternOf(path) }));
  return (path) => {
    const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods)].sort();
  };
}

function patternOf(path: string): RegExp {
  const segments = path.split("/").map((segment) => segment.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${segments.map((segment) => segment.replaceAll(/\{\w+\}|:\w+/g, "[^/]+")).join("/")}/?$`);
}
