import { fileURLToPath } from "node:url";

/** Directory of the engine's migration files; apply them with component "engine" before the first start. */
export const engineMigrationsDirectory: string = fileURLToPath(new URL("../migrations", import.meta.url));
