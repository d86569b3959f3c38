/** A failure of the embedded server that a person can act on; the message names the cure. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}
