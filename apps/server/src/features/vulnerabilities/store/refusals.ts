/** SQLSTATE classes 22 (data exception) and 54 (program limit exceeded): the values are at fault, not the moment. */
const DATA_CLASSES = /^(22|54)/;

/** The database will never take these values. */
export function isDataRefused(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && DATA_CLASSES.test(error.code);
}
