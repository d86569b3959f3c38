import { cureOf } from "./cures.ts";
import type { MigrationErrorCode } from "./error-code.ts";

/** The statement that failed. */
export type MigrationPlace = {
  /** Name of the file. */
  file: string;
  /** Line of the file, from 1: of the place the database names, else where the statement begins. */
  line: number;
  statement: string;
};

/** A failure of a migration; nothing half-done is left that a next run does not repair. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code: MigrationErrorCode;
  /** Where, if a statement failed. */
  readonly place: MigrationPlace | undefined;

  constructor(code: MigrationErrorCode, message: string, options: ErrorOptions & { place?: MigrationPlace } = {}) {
    super(message, options);
    this.code = code;
    this.place = options.place;
  }

  /** What to do about it, for whoever operates the installation. */
  get cure(): string {
    return cureOf(this.code);
  }
}
