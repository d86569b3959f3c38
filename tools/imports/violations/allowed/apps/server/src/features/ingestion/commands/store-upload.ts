export { upload } from "./upload-bom.ts";
