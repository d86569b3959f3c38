import type { BomMetadata, BomTool } from "../bom.ts";
import { type Dialect, since, some, textIn } from "./dialect.ts";
import { fitMoment } from "./fit.ts";
import { sayComponent } from "./say-component.ts";
import { type Said, sayContacts, sayOrganization } from "./say-shared.ts";
import type { Written } from "./written.ts";

/** What the BOM says about itself. */
export function sayMetadata(dialect: Dialect, metadata: BomMetadata, timestamp: string, written: Written): Said {
  const manufacturer = sayOrganization(dialect, metadata.manufacturer);
  return {
    timestamp: fitMoment(timestamp),
    tools: sayTools(dialect, metadata.tools),
    authors: sayContacts(dialect, metadata.authors),
    component: metadata.component && sayComponent(dialect, metadata.component, written),
    [since(dialect, "1.6") ? "manufacturer" : "manufacture"]: manufacturer,
    supplier: sayOrganization(dialect, metadata.supplier),
  };
}

/** Components and services since 1.5; a list of tools before, and where nothing else is known of any of them. */
function sayTools(dialect: Dialect, tools: readonly BomTool[]): Said | readonly Said[] | undefined {
  if (tools.length === 0) return undefined;
  const asList = !since(dialect, "1.5") || tools.every(({ kind }) => kind === "tool");
  if (asList) return tools.map((tool) => sayTool(dialect, tool));
  return {
    components: sayParts(dialect, tools, (tool) => tool.kind !== "service", { type: "application" }),
    services: sayParts(dialect, tools, (tool) => tool.kind === "service", {}),
  };
}

function sayTool(dialect: Dialect, { vendor, group, name, version }: BomTool): Said {
  return {
    vendor: textIn(dialect, vendor ?? group),
    name: textIn(dialect, name),
    version: textIn(dialect, version),
  };
}

function sayParts(
  dialect: Dialect,
  tools: readonly BomTool[],
  isPart: (tool: BomTool) => boolean,
  start: Said,
): readonly Said[] | undefined {
  const parts = tools.filter(isPart).map(({ vendor, group, name, version }) => ({
    ...start,
    group: textIn(dialect, group ?? vendor),
    name: textIn(dialect, name) ?? "-",
    version: textIn(dialect, version)?.slice(0, versionMaxChars),
  }));
  return some([...new Map(parts.map((part) => [JSON.stringify(part), part])).values()]); // schemas refuse repeated ones
}

/** Longest version that the schemas take. */
const versionMaxChars = 1024;
