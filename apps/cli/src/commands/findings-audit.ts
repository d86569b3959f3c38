/** `findings audit` and `findings audit-undo`: one decision about all findings of a vulnerability, and taking it back. */
import type { AuditOperationRequest } from "@evertrack/contract/v2/audit-operations";
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { auditAll, type Operation, undoAudit } from "../client/audit-operations.ts";
import { closeApi } from "../client/http.ts";
import { findProject } from "../client/projects.ts";
import { findVulnerability } from "../client/vulnerabilities.ts";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { oneLine } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

type Decision = AuditOperationRequest["decision"];

/** Options of `findings audit`. */
export interface FindingsAuditOptions extends AccessOptions {
  readonly reason: string;
  /** Only this project; everywhere the caller may see without it. */
  readonly project?: string;
  readonly version?: string;
  readonly state?: NonNullable<Decision["state"]>;
  readonly justification?: NonNullable<Decision["justification"]>;
  readonly response?: NonNullable<Decision["response"]>;
  readonly details?: string;
  /** True for `--suppress`, false for `--no-suppress`. */
  readonly suppress?: boolean;
}

/** Decides, and prints the operations that `findings audit-undo` takes back; ends with 1 when findings were left alone. */
export async function findingsAudit(named: string, options: FindingsAuditOptions, terminal: Terminal): Promise<void> {
  const decision = decisionOf(options);
  const api = openTarget(resolveTarget(options), terminal);
  try {
    const vulnerability = await findVulnerability(api, named);
    const project =
      options.project === undefined ? undefined : await findProject(api, options.project, options.version);
    const request = {
      vulnerability: vulnerability.uuid,
      ...(project !== undefined && { project: project.uuid }),
      reason: options.reason,
      decision,
    };
    const { operations, more } = await auditAll(api, request, ({ uuid, changed }) =>
      terminal.note(`${changed} decided (undo with: evertrack findings audit-undo ${uuid})`),
    );
    const left = operations.flatMap((operation) => operation.left);
    const changed = operations.reduce((sum, operation) => sum + operation.changed, 0);
    terminal.result({ vulnerability, operations: operations.map(({ uuid }) => uuid), changed, left, more });
    const where = project === undefined ? "all projects" : oneLine(`${project.name} ${project.version ?? ""}`.trim());
    terminal.line(`${vulnerability.source}/${vulnerability.vulnId}: ${changed} findings decided in ${where}`);
    endWhereLeft(left, terminal);
    if (more) throw new CliError(EXIT.failed, "There are more findings than one call decides about: call again.");
  } finally {
    await closeApi(api);
  }
}

function decisionOf(options: FindingsAuditOptions): Decision {
  const { state, justification, response, details, suppress } = options;
  const decision: Decision = {
    ...(state !== undefined && { state }),
    ...(justification !== undefined && { justification }),
    ...(response !== undefined && { response }),
    ...(details !== undefined && { details }),
    ...(suppress !== undefined && { suppressed: suppress }),
  };
  if (Object.keys(decision).length > 0) return decision;
  throw usageError("Nothing is decided.", [
    "Give --state, --justification, --response, --details, --suppress or --no-suppress.",
  ]);
}

/** Takes operations back, the last one first, and tells what others have changed since. */
export async function findingsAuditUndo(
  operations: readonly string[],
  options: AccessOptions,
  terminal: Terminal,
): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  try {
    const left: Operation["left"] = [];
    let restored = 0;
    for (const operation of operations.toReversed()) {
      const undone = await undoAudit(api, operation);
      terminal.note(`${operation}: ${undone.restored} restored`);
      restored += undone.restored;
      left.push(...undone.left);
    }
    terminal.result({ restored, left });
    terminal.line(`${restored} findings are as they were before`);
    endWhereLeft(left, terminal);
  } finally {
    await closeApi(api);
  }
}

const LEFT_SHOWN_MAX = 20;
const REASONS: Readonly<Record<string, string>> = {
  NOT_FOUND: "is not there",
  CHANGED_SINCE: "was decided otherwise since",
  GONE: "is gone",
  NOT_VISIBLE: "may not be seen",
};

function endWhereLeft(left: Operation["left"], terminal: Terminal): void {
  if (left.length === 0) return;
  for (const { component, vulnerability, reason } of left.slice(0, LEFT_SHOWN_MAX))
    terminal.note(`left alone: component ${component}, vulnerability ${vulnerability} ${REASONS[reason] ?? reason}`);
  throw new CliError(EXIT.failed, `${left.length} findings were left alone.`);
}
