/**
 * The import rules of the house. ARCHITECTURE.md draws them; tools/imports/violations holds one planted violation of each,
 * and tools/imports/planted-violations.test.ts proves that exactly the intended rule sees it.
 */

/** THE floors of the server, lowest first: a feature imports features of lower floors only. A new feature gets a place here. */
const ranks = [
  ["access", "settings", "cluster"],
  ["upgrades"],
  ["projects", "licenses"],
  ["components", "vulnerabilities", "packages"],
  ["findings", "policy", "metrics"],
  ["analysis"],
  ["ingestion", "comparison", "exports"],
  ["notifications", "integrations"],
];

const features = "^apps/server/src/features";
const ranked = `${features}/(${ranks.flat().join("|")})/`;
/** A layer of a slice is a folder (`store/`) or a flat file (`store.ts`; directly in the feature also `store-reading.ts`). */
const layer = (name) => `${features}/([^/]+)/((|.*/)(${name})(/|\\.ts$)|(${name})-[^/]+\\.ts$)`;
const testFiles = "\\.(test|e2e)\\.tsx?$";
const forTests = `${testFiles}|(^|/)(test|testing|bench)/|/testing\\.ts$|^(e2e|bench|tools)/|\\.config\\.ts$`;
/** `$1` is the feature the importing file belongs to. */
const ownFeature = `${features}/$1/`;
const drivers = "(^|/)node_modules/(@types/)?(pg|kysely|pg-copy-streams|pg-cursor|pg-query-stream)(/|$)";
const network =
  "(^|/)node_modules/(undici|axios|got|node-fetch)(/|$)|^(node:)?(net|http|https|http2|dgram|dns|tls)(/|$)";
const valuesOnly = { dependencyTypesNot: ["type-only"] };

const error = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** One entry per feature, because what is above depends on where one stands. */
const featuresFlowDown = ranks.flatMap((floor, rank) =>
  floor.map((feature) => {
    const sameOrAbove = ranks
      .slice(rank)
      .flat()
      .filter((other) => other !== feature);
    return error(
      "features-flow-down",
      "A feature imports features of lower floors only, types included. News travels up through the outbox.",
      { path: `${features}/${feature}/` },
      { path: `${features}/(${sameOrAbove.join("|")})/` },
    );
  }),
);

const betweenFeatures = [
  ...featuresFlowDown,
  error(
    "ranked-features-only",
    "Every feature has a floor: add the new one to `ranks` in .dependency-cruiser.cjs.",
    { path: `${features}/[^/]+/`, pathNot: ranked },
    {},
  ),
  error(
    "ranked-features-only",
    "Every feature has a floor: add the new one to `ranks` in .dependency-cruiser.cjs.",
    {},
    { path: `${features}/[^/]+/`, pathNot: ranked },
  ),
  error(
    "features-through-their-faces",
    "Another feature is entered through its index.ts or its workflows; its testing folder is for tests.",
    { path: `${features}/([^/]+)/`, pathNot: forTests },
    { path: `${features}/`, pathNot: [ownFeature, `${features}/[^/]+/(index\\.ts$|workflows(/|\\.ts$))`] },
  ),
  error(
    "features-through-their-faces",
    "The composition root enters a feature through its index.ts.",
    { pathNot: [`${features}/`, forTests] },
    { path: `${features}/`, pathNot: `${features}/[^/]+/(index\\.ts$|workflows(/|\\.ts$))` },
  ),
];

const server = [
  error(
    "platform-knows-no-feature",
    "Platform serves features and knows none of them.",
    { path: "^apps/server/src/platform/" },
    { path: "^apps/server/src/features/" },
  ),
  error(
    "only-boot-composes",
    "Only boot puts platform and features together.",
    { path: "^apps/server/src/", pathNot: ["^apps/server/src/(boot|features|platform)/", forTests] },
    { path: "^apps/server/src/(features|platform)/" },
  ),
  error(
    "only-boot-composes",
    "Boot is entered from main.ts alone.",
    { pathNot: ["^apps/server/src/(boot/|main\\.ts$)", forTests] },
    { path: "^apps/server/src/boot/" },
  ),
];

const layersOfASlice = [
  error(
    "sql-lives-in-store",
    "Only a store reaches the database. Everybody may take the transaction type.",
    { path: `${features}/`, pathNot: [layer("store"), forTests] },
    { path: `^apps/server/src/platform/db(/|\\.ts$)`, ...valuesOnly },
  ),
  error(
    "sql-lives-in-store",
    "Database drivers stay in platform/db and in stores.",
    { path: "^apps/", pathNot: [layer("store"), "^apps/server/src/platform/", forTests] },
    { path: drivers },
  ),
  error(
    "store-is-the-floor",
    "A store is called; it knows no layer above it and no engine.",
    { path: layer("store"), pathNot: forTests },
    { path: [layer("routes|commands|queries|workflows|activities"), "^packages/engine/"] },
  ),
  error(
    "routes-do-not-reach-around",
    "Routes speak to commands and queries; not to stores, not to activities.",
    { path: layer("routes"), pathNot: forTests },
    { path: layer("store|activities") },
  ),
  error(
    "rules-are-pure",
    "Rules compute: they see matching, the types of sbom and the contract, and nothing that acts.",
    { path: layer("rules"), pathNot: forTests },
    {
      pathNot: ["^packages/(matching|contract)/", layer("rules"), "^packages/sbom/"],
      ...valuesOnly,
    },
  ),
  error(
    "rules-are-pure",
    "Rules take only types from sbom, and licence expressions: reading a BOM is work for an activity.",
    { path: layer("rules"), pathNot: forTests },
    { path: "^packages/sbom/", pathNot: "^packages/sbom/src/spdx/", ...valuesOnly },
  ),
  error(
    "rules-are-pure",
    "Rules do not depend on acting layers, not even on their types.",
    { path: layer("rules"), pathNot: forTests },
    {
      path: [
        layer("routes|commands|queries|workflows|activities"),
        "^apps/server/src/(boot|platform)/",
        "^packages/engine/",
      ],
    },
  ),
  error(
    "workflows-are-deterministic",
    "A workflow re-runs from the top: its values come from engine/authoring, contract, workflows and rules. Types may come from activities.",
    { path: layer("workflows"), pathNot: forTests },
    {
      pathNot: ["^packages/engine/src/authoring/", "^packages/contract/", layer("workflows|rules")],
      ...valuesOnly,
    },
  ),
];

const packagesAndApps = [
  error(
    "packages-know-no-app",
    "Packages are used by apps; they know none.",
    { path: "^packages/", pathNot: forTests },
    { path: "^(apps|e2e|bench|tools)/" },
  ),
  error(
    "matching-and-sbom-are-pure",
    "matching and sbom compute: no database, no network, no package that has either.",
    { path: "^packages/(matching|sbom)/", pathNot: forTests },
    { path: [drivers, network, "^packages/(engine|migrator|embedded-postgres)/"] },
  ),
  error(
    "apps-stand-alone",
    "Apps are separate programs: the CLI starts the server as a process, the UI speaks HTTP.",
    { path: "^apps/([^/]+)/" },
    { path: "^apps/", pathNot: "^apps/$1/" },
  ),
  error(
    "ui-and-cli-speak-contract-only",
    "Clients know the contract and nothing of the server's insides.",
    { path: "^apps/ui/" },
    { path: "^packages/", pathNot: "^packages/contract/" },
  ),
  error(
    "ui-and-cli-speak-contract-only",
    "Clients know the contract; the CLI also starts the embedded database, and reads SBOMs where no server is needed.",
    { path: "^apps/cli/" },
    { path: "^packages/", pathNot: "^packages/(contract|embedded-postgres|sbom)/" },
  ),
  error(
    "ui-features-stay-apart",
    "Screens share components, not each other.",
    { path: "^apps/ui/src/features/([^/]+)/" },
    { path: "^apps/ui/src/features/", pathNot: "^apps/ui/src/features/$1/" },
  ),
];

const everywhere = [
  error(
    "no-cycles",
    "Two files that need each other are one file, or miss a third.",
    {},
    { circular: true, viaOnly: valuesOnly },
  ),
  error(
    "no-orphans",
    "Nobody imports this file and it imports nothing: wire it or remove it.",
    { orphan: true, pathNot: ["(^|/)(main|index|migrations)\\.ts$", "\\.d\\.ts$", forTests, "\\.(cjs|mjs)$"] },
    {},
  ),
  error(
    "tests-stay-out-of-production",
    "Production code imports no test, no testing folder, no test library.",
    { path: "^(apps|packages)/", pathNot: forTests },
    { path: [testFiles, "(^|/)(test|testing)/", "/testing\\.ts$", "(^|/)node_modules/(vitest|fast-check)/"] },
  ),
  error(
    "imports-resolve",
    "An import that is not found is an edge no other rule can judge.",
    {},
    { couldNotResolve: true, dependencyTypesNot: ["type-only"] },
  ),
];

module.exports = {
  forbidden: [...everywhere, ...betweenFeatures, ...server, ...layersOfASlice, ...packagesAndApps],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)violations/" },
    /** Types count: they are dependencies of people, and some rules are about them. */
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".cjs", ".js", ".json"],
    },
  },
};
