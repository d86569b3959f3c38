// Documents in other versions and notations, for programs without a server.
export { type Conversion, convertBom } from "./convert-bom.ts";
export type { ConversionLoss } from "./losses.ts";
