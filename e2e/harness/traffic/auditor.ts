import type { ApiClient } from "../api-client.ts";
import type { Random } from "../random.ts";
import { until } from "../until.ts";
import type { Observer } from "../witness/audit.ts";
import { keyOf, type Part } from "./bom-series.ts";

const REQUEST_TIMEOUT_MS = 120_000;
const STATES = ["EXPLOITABLE", "IN_TRIAGE", "FALSE_POSITIVE", "NOT_AFFECTED", "RESOLVED"] as const;
const OK = 200;

interface Listed {
  component: { uuid: string; name: string; version: string };
  vulnerability: { uuid: string; vulnId: string };
}

interface Operation {
  left: { component: string; vulnerability: string }[];
}

/** Decides about many findings at once, suppresses none, and knows what it decided about each last. */
export class Auditor {
  /** `project component advisory` → state and details. */
  readonly decisions = new Map<string, string>();
  readonly #api: ApiClient;
  readonly #random: Random;
  #count = 0;

  constructor(api: ApiClient, random: Random) {
    this.#api = api;
    this.#random = random;
  }

  /** One operation about all findings of these components, repeated at another address until it is answered. */
  async decide(projectUuid: string, components: readonly Part[], address: () => string): Promise<void> {
    const keys = new Set(components.map(keyOf));
    const listed = await this.#api.listAll<Listed>(`/api/v1/finding/project/${projectUuid}`);
    const chosen = listed.filter(({ component }) => keys.has(keyOf(component)));
    if (chosen.length === 0) return;
    this.#count += 1;
    const [state, details] = [this.#random.pick(STATES), `decision ${this.#count}`];
    const findings = chosen.map((one) => ({ component: one.component.uuid, vulnerability: one.vulnerability.uuid }));
    const decision = { state, details };
    const { left } = await until("an audit is answered", REQUEST_TIMEOUT_MS, async () => {
      const body = { findings, reason: details, decision };
      const answer = await this.#api.at(address()).request("POST", "/api/v2/audit-operations", body);
      return answer.status === OK && (answer.json as Operation);
    });
    const leftAlone = new Set(left.map(({ component, vulnerability }) => `${component} ${vulnerability}`));
    for (const { component, vulnerability } of chosen)
      if (!leftAlone.has(`${component.uuid} ${vulnerability.uuid}`))
        this.decisions.set(`${projectUuid} ${keyOf(component)} ${vulnerability.vulnId}`, `${state} ${details}`);
  }

  /** Decisions that are not stored as they were made, whether the finding is there at present or not. */
  async forgotten(observer: Observer): Promise<string[]> {
    const rows = await observer.rows<{ key: string; decision: string }>(
      `select p.uuid || ' ' || i.name || '@' || i.version || ' ' || v.vuln_id as key, a.state || ' ' || a.details as decision
      from finding_analysis a join project p on p.id = a.project_id join component_identity i on i.id = a.identity_id
        join vulnerability v on v.id = a.vulnerability_id`,
    );
    const stored = new Map(rows.map(({ key, decision }) => [key, decision]));
    return [...this.decisions].flatMap(([key, decision]) =>
      stored.get(key) === decision ? [] : [`${key}: ${stored.get(key)}, not ${decision}`],
    );
  }
}
