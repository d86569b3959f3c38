export { FileLost, FileStore, fileProperties, type StoredFile } from "./store.ts";
