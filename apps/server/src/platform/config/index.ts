export { Config } from "./config.ts";
export { loadConfig, profileProperty } from "./load.ts";
export { type Property, PropertyError, property } from "./property.ts";
export { ineffectiveKeys, refusedKeys } from "./refused.ts";
export { environmentName } from "./sources.ts";
