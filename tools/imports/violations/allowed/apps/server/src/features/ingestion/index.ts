export { upload } from "./commands/upload-bom.ts";
