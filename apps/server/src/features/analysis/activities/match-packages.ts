import { type MatchAdvisoriesInput, matchAdvisoriesInput } from "@evertrack/contract/runs/analysis";
import { defineActivity } from "@evertrack/engine/authoring";
import type { Tx } from "../../../platform/db/index.ts";
import { identitiesNamed } from "../../findings/index.ts";
import { matchInBatches } from "./match-batches.ts";

/** Matches the identities of the packages and products whose advisories changed. */
export function matchPackagesActivity() {
  return defineActivity<MatchAdvisoriesInput, { changed: number }, Tx>({
    name: "match-packages",
    input: (raw) => matchAdvisoriesInput.parse(raw),
    async execute(context, { packageKeys, cpeProducts = [] }) {
      const { changed } = await matchInBatches(context, {
        next: (db, afterId, limit) => identitiesNamed(db, { packageKeys, cpeProducts, afterId, limit }),
      });
      return { changed };
    },
  });
}
