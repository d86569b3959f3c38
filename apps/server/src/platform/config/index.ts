export { Config } from "./config.ts";
export { loadConfig } from "./load.ts";
export { type Property, PropertyError, property } from "./property.ts";
export { refusedKeys } from "./refused.ts";
export { environmentName } from "./sources.ts";
