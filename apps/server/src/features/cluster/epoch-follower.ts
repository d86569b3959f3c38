import type { Db, Tx } from "../../platform/db/index.ts";

/**
 * What in this process depends on how far upgrades are finalized. An instance acknowledges an epoch only after `follow` has
 * resolved, so whoever sees the acknowledgement knows that the instance goes by nothing older.
 */
export interface EpochFollower {
  /** The first instance ever has joined, in this transaction, at this epoch. */
  found(tx: Tx, epoch: number): Promise<void>;
  /** Takes over what stands in the database; resolves when nothing in this process goes by an earlier state any more. */
  follow(db: Db): Promise<void>;
}

/** For what depends on nothing. */
export const followsNothing: EpochFollower = {
  async found() {},
  async follow() {},
};
