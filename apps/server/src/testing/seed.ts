import { randomUUID } from "node:crypto";
import { packageKeyOf, parsePurl, type Scheme, schemeOfPurlType } from "@evertrack/matching";
import { kyselyOver } from "../platform/db/executor.ts";
import type { Db, SqlExecutor } from "../platform/db/index.ts";

interface SeedAdvisory {
  id: string;
  source?: string;
  /** "npm/left-pad" */
  packageKey: string;
  scheme?: Scheme;
  /** Each with `introduced` and `fixed`, or exact versions. */
  ranges?: { introduced?: string; fixed?: string; lastAffected?: string }[];
  versions?: string[];
  distro?: string;
  /** 0 UNASSIGNED to 5 CRITICAL. */
  severity?: number;
  cvss?: number;
  published?: Date;
  rejected?: boolean;
}

/** Puts rows where tests want them, without the way through uploads and mirrors. */
export class Seed {
  readonly #executor: SqlExecutor;

  constructor(executor: SqlExecutor) {
    this.#executor = executor;
  }

  async rows<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return (await this.#executor.query<R>(text, values)).rows;
  }

  async project(name = `project ${randomUUID()}`): Promise<{ id: number; uuid: string }> {
    return this.#one(
      `with p as (insert into project (name, version) values ($1, '1.0') returning id, uuid),
         h as (insert into project_hierarchy (parent_id, child_id, depth) select id, id, 0 from p)
       select id, uuid from p`,
      [name],
    );
  }

  /** An identity that stands for a purl, whatever else it is called. */
  async identity(
    purl: string | null,
    columns: { version?: string; name?: string; group?: string; cpe?: string } = {},
  ): Promise<number> {
    const parsed = purl === null ? undefined : parsePurl(purl, { mode: "lenient" });
    const packageKey = parsed === undefined ? null : (packageKeyOf(parsed) ?? null);
    const name = columns.name ?? parsed?.name ?? "unnamed";
    const values = [
      randomUUID(),
      name,
      columns.group ?? null,
      columns.version ?? parsed?.version ?? null,
      purl,
      packageKey,
      columns.cpe ?? null,
    ];
    const { id } = await this.#one<{ id: number }>(
      `insert into component_identity (key, name, group_name, version, purl, package_key, cpe)
       values ($1, $2, $3, $4, $5, $6, $7)
       returning id`,
      values,
    );
    return id;
  }

  async component(projectId: number, identityId: number): Promise<{ uuid: string }> {
    return this.#one("insert into component (project_id, identity_id) values ($1, $2) returning uuid", [
      projectId,
      identityId,
    ]);
  }

  /** Writes an advisory over what was there under its id: one vulnerability, one affected package. */
  async advisory(advisory: SeedAdvisory): Promise<number> {
    const { id, source = "OSV", severity = 4, cvss = -1, published = new Date("2026-01-01T00:00:00Z") } = advisory;
    const vulnerability = await this.#one<{ id: number }>(
      `insert into vulnerability (source, vuln_id, title, severity, cvss, published, rejected)
       values ($1, $2, $3, $4, $5, $6, case when $7 then now() end)
       on conflict (vuln_id, source) do update set severity = excluded.severity, cvss = excluded.cvss,
         published = excluded.published, rejected = excluded.rejected
       returning id`,
      [source, id, `Something about ${id}`, severity, cvss, published, advisory.rejected === true],
    );
    await this.#executor.query("delete from vulnerability_affected where vulnerability_id = $1", [vulnerability.id]);
    await this.affects(vulnerability.id, 0, advisory);
    return vulnerability.id;
  }

  /** One more package the vulnerability affects. */
  async affects(vulnerabilityId: number, ordinal: number, advisory: Omit<SeedAdvisory, "id">): Promise<void> {
    const type = advisory.packageKey.split("/")[0] ?? "generic";
    const affected = {
      versions: advisory.versions ?? [],
      ranges: (advisory.ranges ?? []).map((range) => ({ kind: "ECOSYSTEM", ...range })),
      patched: [],
    };
    await this.#executor.query(
      `insert into vulnerability_affected (vulnerability_id, ordinal, package_key, scheme, ecosystem, distro, affected)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        vulnerabilityId,
        ordinal,
        advisory.packageKey,
        advisory.scheme ?? schemeOfPurlType(type),
        type,
        advisory.distro ?? null,
        JSON.stringify(affected),
      ],
    );
  }

  /** A match as matching would have written it. */
  async match(vulnerabilityId: number, identityId: number): Promise<void> {
    await this.#executor.query(
      `insert into vulnerability_match (vulnerability_id, identity_id, severity, cvss, epss, published, analyzers)
       select id, $2, severity, cvss, epss, coalesce(published, 'epoch'), '{internal}' from vulnerability where id = $1`,
      [vulnerabilityId, identityId],
    );
  }

  /** Says that these names ("GITHUB GHSA-…") stand for one vulnerability. */
  async aliases(...names: string[]): Promise<void> {
    await this.#executor.query(
      `insert into vulnerability_alias (source, vuln_id, group_id)
       select split_part(name, ' ', 1), split_part(name, ' ', 2), $2 from unnest($1::text[]) as n(name)`,
      [names, randomUUID()],
    );
  }

  async #one<R extends object>(text: string, values: readonly unknown[]): Promise<R> {
    const [row] = await this.rows<R>(text, values);
    if (row === undefined) throw new Error(`no row came back from ${text}`);
    return row;
  }
}

/** How PostgreSQL plans the statement with this tag when `run` executes it. */
export async function planOf(executor: SqlExecutor, tag: string, run: (db: Db) => Promise<unknown>): Promise<string> {
  let recorded: { text: string; values: readonly unknown[] } | undefined;
  const recorder: SqlExecutor = {
    async query(text, values = []) {
      if (text.includes(`/* ${tag} */`)) recorded = { text, values };
      return executor.query(text, values);
    },
  };
  await run(kyselyOver(recorder));
  if (recorded === undefined) throw new Error(`no statement is tagged ${tag}`);
  const { rows } = await executor.query<{ "QUERY PLAN": string }>(`explain ${recorded.text}`, recorded.values);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}
