import path from "node:path";

/** Name of the superuser role and of the product's database. */
export const ROLE_NAME = "evertrack";
export const DATABASE_NAME = "evertrack";

/** Where everything of one embedded server lives below its data directory. */
export type Layout = {
  /** The data directory itself: owned by whoever calls, traversable (0711) for the server's account. */
  root: string;
  /** PostgreSQL's own directory (`PGDATA`), owned by the server's account. */
  cluster: string;
  /** `initdb` works here; renamed to `cluster` when complete, so a half-made cluster never counts. */
  clusterBeingMade: string;
  /** Password of the superuser, mode 0600. */
  secret: string;
  /** The port the server had last, reused at the next start. */
  port: string;
  logFile: string;
  startLock: string;
  binaries: string;
  postmasterPid: string;
};

/** The layout below an absolute or relative data directory. */
export function layoutOf(dataDirectory: string): Layout {
  const root = path.resolve(dataDirectory);
  const cluster = path.join(root, "cluster");
  return {
    root,
    cluster,
    clusterBeingMade: path.join(root, "cluster.being-made"),
    secret: path.join(root, "secret"),
    port: path.join(root, "port"),
    logFile: path.join(root, "postgres.log"),
    startLock: path.join(root, "start.lock"),
    binaries: path.join(root, "binaries"),
    postmasterPid: path.join(cluster, "postmaster.pid"),
  };
}
