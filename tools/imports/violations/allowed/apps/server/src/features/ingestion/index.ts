export { upload } from "./commands/store-upload.ts";
