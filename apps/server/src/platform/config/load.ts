import { join } from "node:path";
import { Config } from "./config.ts";
import { type Property, PropertyError, property } from "./property.ts";
import { type ConfigSource, dotEnvSource, environmentSource, mapSource, propertiesFileSource } from "./sources.ts";

/** Name of the set of values an instance starts with: a file of its own, and values the program brings. */
export const profileProperty = property.string("dt.config.profile", { meaning: "profile, e.g. web" });
const PROFILE = /^[A-Za-z0-9_-]+$/;

export interface LoadOptions {
  environment: Readonly<Record<string, string | undefined>>;
  workingDirectory: string;
  /** Values given on the command line; they win over everything. */
  overrides?: ReadonlyMap<string, string>;
  /** Built-in values of a profile, below every operator-given source; undefined = the program brings none of that name. */
  profileDefaults?: (profile: string) => ReadonlyMap<string, string> | undefined;
  /** Properties whose defaults expressions may refer to. */
  declared?: readonly Property<unknown>[];
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
  const defaults = defaultsOf(options.declared ?? []);
  const profile = new Config([...outer, application], defaults).find(profileProperty);
  if (!profile) return new Config([...outer, application], defaults);
  const { file, builtIn } = profileSources(profile, options);
  return new Config([...outer, file, application, builtIn], defaults);
}

function profileSources(profile: string, { workingDirectory, profileDefaults }: LoadOptions) {
  if (!PROFILE.test(profile))
    throw new PropertyError(profileProperty.name, profile, "a name of letters, digits, - and _");
  const file = propertiesFileSource(join(workingDirectory, "config", `application-${profile}.properties`));
  const builtIn = profileDefaults?.(profile);
  if (builtIn === undefined && file.keys().length === 0)
    throw new PropertyError(profileProperty.name, profile, `a built-in profile, and ${file.name} does not exist`);
  return { file, builtIn: mapSource(`profile ${profile}`, builtIn ?? new Map()) };
}

function defaultsOf(declared: readonly Property<unknown>[]): Map<string, string> {
  return new Map(declared.flatMap(({ name, fallback }) => (fallback === undefined ? [] : [[name, fallback]])));
}
