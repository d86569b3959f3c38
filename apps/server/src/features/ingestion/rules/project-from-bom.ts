import { formatPurl, PurlError, parsePurl } from "@evertrack/matching";
import type { BomHead, BomTool } from "@evertrack/sbom";
import type { ProjectColumns } from "../../projects/index.ts";

/** What a BOM says about the project itself (spec/ingestion.md §4); group, name, version and description stay people's. */
export function projectColumnsFrom(head: BomHead): ProjectColumns {
  const { component, authors, supplier, manufacturer, tools } = head.metadata;
  const own: ProjectColumns =
    component === undefined
      ? {}
      : {
          authors: component.authors,
          publisher: component.publisher ?? null,
          classifier: component.type,
          supplier: component.supplier ?? null,
          external_references: component.externalReferences,
          cpe: component.cpe ?? null,
          purl: canonicalPurl(component.purl),
          swid_tag_id: component.swidTagId ?? null,
        };
  return { ...own, manufacturer: manufacturer ?? null, metadata: { authors, supplier, tools: toolsOf(tools) } };
}

function canonicalPurl(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return formatPurl(parsePurl(text, { mode: "lenient" }));
  } catch (error) {
    if (error instanceof PurlError) return null;
    throw error;
  }
}

/** The older tool list counts as components. */
function toolsOf(tools: readonly BomTool[]) {
  const shown = ({ kind: _, vendor, ...tool }: BomTool) => ({
    ...tool,
    ...(vendor === undefined ? {} : { supplier: { name: vendor } }),
  });
  return {
    components: tools.filter(({ kind }) => kind !== "service").map(shown),
    services: tools.filter(({ kind }) => kind === "service").map(shown),
  };
}
