/**
 * An installation that is killed: runs the init tasks of an instance on a database, and dies as by `kill -9` when this migration has
 * been applied: `node killed-installation-program.ts <database url> <component/id>`.
 */
import { tmpdir } from "node:os";
import { Writable } from "node:stream";
import { Instance } from "../boot/instance.ts";
import { loadConfig } from "../platform/config/index.ts";
import { createLog } from "../platform/log/log.ts";

const [url = "", migration = ""] = process.argv.slice(2);
const properties = { "dt.datasource.url": url, "dt.management.host": "127.0.0.1", "dt.management.port": "0" };
const config = loadConfig({
  environment: {},
  workingDirectory: tmpdir(),
  overrides: new Map(Object.entries(properties)),
});
const destination = new Writable({
  write(chunk, _encoding, done) {
    const { component, msg } = JSON.parse(String(chunk));
    if (`${component}/${msg}`.startsWith(migration.replace("/", `/applied ${component} `)))
      process.kill(process.pid, "SIGKILL");
    done();
  },
});
const instance = new Instance(
  config,
  createLog({ level: "info", instance: "killed", destination }),
  "killed",
  () => undefined,
);
await instance.initialise();
await instance.stop();
