/** An engine under comparison: the smallest durable job it knows, executed by one or several processes. */
export interface Candidate {
  /** Prepares the tables and queues `runs` jobs; not measured. */
  prepare(url: string, runs: number, load: Load): Promise<void>;
  /** Works until the process ends; calls `onDone` for each job that was executed. */
  work(url: string, concurrency: number, load: Load, onDone: () => void): Promise<void>;
  /** Answers one row with `done`, the jobs whose end is in the database. */
  readonly doneSql: string;
}

/** Imports a package from the folder the comparison installed it into. */
export type Load = <Module>(packageName: string) => Promise<Module>;
