/** Takes an export in a process that tests kill: `take-program.ts <url> <directory>`. */
import { takeBackup } from "../src/index.ts";
import { components } from "./product-database.ts";

const [connectionString = "", directory = ""] = process.argv.slice(2);
await takeBackup({
  connectionString,
  components,
  kind: "export",
  directory,
  version: "0.1.0",
  takenBy: "a test",
  log: () => undefined,
});
