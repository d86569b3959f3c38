import type { Database } from "../../platform/db/index.ts";
import { findDeclared } from "./rules/declared-properties.ts";
import { listProperties } from "./store/properties.ts";

const CACHE_TTL_MS = 2_000;

/** Run-time settings, read through a cache of 2 s: a change is seen by every instance within that time. */
export class Settings {
  readonly #database: Database;
  #cached: { values: Promise<Map<string, string | null>>; readAt: number } | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Value of a declared property, or its default; null when unset. Throws for names nobody declared. */
  async get(group: string, name: string): Promise<string | null> {
    const declared = findDeclared(group, name);
    if (declared === undefined) throw new Error(`setting ${group}/${name} is not declared`);
    const values = await this.#values();
    return values.get(`${group}/${name}`) ?? declared.value;
  }

  async isOn(group: string, name: string): Promise<boolean> {
    return (await this.get(group, name))?.toLowerCase() === "true";
  }

  async number(group: string, name: string): Promise<number> {
    return Number(await this.get(group, name));
  }

  /** This instance reads changed values at once. */
  forget(): void {
    this.#cached = undefined;
  }

  async #values(): Promise<Map<string, string | null>> {
    if (this.#cached === undefined || Date.now() - this.#cached.readAt > CACHE_TTL_MS) {
      const values = listProperties(this.#database.db).then(
        (rows) => new Map(rows.map((row) => [`${row.group_name}/${row.property_name}`, row.property_value])),
      );
      this.#cached = { values, readAt: Date.now() };
      values.catch(() => this.forget());
    }
    return this.#cached.values;
  }
}
