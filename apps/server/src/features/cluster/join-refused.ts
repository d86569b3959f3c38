/** This build may not run in this cluster; nothing was written. The message names both versions and what to do. */
export class JoinRefusedError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "JoinRefusedError";
  }
}
