import { join } from "node:path";
import { Config } from "./config.ts";
import { type ConfigSource, dotEnvSource, environmentSource, mapSource, propertiesFileSource } from "./sources.ts";

export interface LoadOptions {
  environment: Readonly<Record<string, string | undefined>>;
  workingDirectory: string;
  /** Values given on the command line; they win over everything. */
  overrides?: ReadonlyMap<string, string>;
  /** Built-in values of a profile, below every operator-given source. */
  profileDefaults?: (profile: string) => ReadonlyMap<string, string>;
}

/** Sources in order: command line, environment, ./.env, profile file, ./config/application.properties, profile, defaults. */
export function loadConfig(options: LoadOptions): Config {
  const { workingDirectory } = options;
  const outer: ConfigSource[] = [
    mapSource("command line", options.overrides ?? new Map()),
    environmentSource("environment", options.environment),
    dotEnvSource(join(workingDirectory, ".env")),
  ];
  const application = propertiesFileSource(join(workingDirectory, "config", "application.properties"));
  const profile = new Config([...outer, application]).rawText("dt.config.profile");
  if (profile === undefined) return new Config([...outer, application]);
  const file = propertiesFileSource(join(workingDirectory, "config", `application-${profile}.properties`));
  const builtIn = mapSource(`profile ${profile}`, options.profileDefaults?.(profile) ?? new Map());
  return new Config([...outer, file, application, builtIn]);
}
