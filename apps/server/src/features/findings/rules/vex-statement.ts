import type { GivenDecision } from "./analysis-trail.ts";

/** A component as a document names it; purl and coordinates in canonical form. */
export interface NamedComponent {
  purl?: string | undefined;
  purlCoordinates?: string | undefined;
  cpe?: string | undefined;
  swidTagId?: string | undefined;
  group?: string | undefined;
  name?: string | undefined;
  version?: string | undefined;
  scope?: string | undefined;
}

/** What a statement is about: the whole project, or components by UUID, by what they are called, or both. */
export type StatementTarget =
  | { kind: "project" }
  | { kind: "component"; ref: string; uuid?: string | undefined; named?: NamedComponent | undefined };

/** What a document decides about one vulnerability. */
export interface VexStatement {
  /** Where it stands in the document: a JSON pointer. */
  path: string;
  vulnId: string;
  /** Any source where the document names none. */
  source?: string | undefined;
  given: GivenDecision;
  targets: readonly StatementTarget[];
}

/** Why a statement was not applied, or not as it stands. */
export interface VexNote {
  code: string;
  path: string;
  message: string;
}
