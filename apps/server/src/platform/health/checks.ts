/** Health of this instance, in the shape probes know: MicroProfile-like checks by name. */
export type CheckStatus = "UP" | "DOWN";

export interface CheckResult {
  name: string;
  status: CheckStatus;
  data?: Record<string, unknown>;
}

export type CheckKind = "startup" | "readiness" | "liveness";

export interface HealthCheck {
  name: string;
  kind: CheckKind;
  run(): CheckResult | Promise<CheckResult>;
}

export interface HealthReport {
  status: CheckStatus;
  checks: CheckResult[];
}

const CHECK_TIMEOUT_MS = 4_000;

/** The checks of an instance; modules add theirs while they start. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();

  add(check: HealthCheck): void {
    this.#checks.set(check.name, check);
  }

  /** All checks of the kinds, run side by side; one that takes longer than 4 s is DOWN. */
  async report(kinds: readonly CheckKind[]): Promise<HealthReport> {
    const due = [...this.#checks.values()].filter(({ kind }) => kinds.includes(kind));
    const checks = await Promise.all(due.map((check) => withinLimit(check)));
    return { status: checks.every(({ status }) => status === "UP") ? "UP" : "DOWN", checks };
  }
}

async function withinLimit(check: HealthCheck): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(
      () => resolve({ name: check.name, status: "DOWN", data: { reason: `no answer within ${CHECK_TIMEOUT_MS} ms` } }),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([Promise.resolve(check.run()), late]);
  } catch (error) {
    return {
      name: check.name,
      status: "DOWN",
      data: { reason: error instanceof Error ? error.message : String(error) },
    };
  } finally {
    clearTimeout(timer);
  }
}
