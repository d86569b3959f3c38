import type { Finding } from "../findings/index.ts";
export type Worst = Finding;
