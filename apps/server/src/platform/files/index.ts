export { FileLost, FileStore, fileProperties, isStorageFull, type StoredFile } from "./store.ts";
