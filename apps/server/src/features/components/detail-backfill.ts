import { componentBackfill } from "./component-backfill.ts";
import { referToDetails, storeDetailsOf } from "./store/detail-shapes.ts";

/** Brings the details of components into the shape of 0.4.0: JSON on every row becomes a reference to the one row that holds it. */
export const detailBackfill = componentBackfill({
  name: "component-detail",
  release: "0.4.0",
  reference: "detail_id",
  store: storeDetailsOf,
  refer: referToDetails,
});
