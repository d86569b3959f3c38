import type { ProjectDiffResponse } from "@evertrack/contract/v2/diff";
import type { DiffComponent, InventoryDiff, VulnerabilityChange } from "@evertrack/sbom/diff";
import type { DifferentComponent } from "../store/differences.ts";

/** What the answer says beside the differences. */
interface DiffFrame {
  before: ComparedProject;
  after: ComparedProject;
  /** Whether not all differences were compared. */
  isCut: boolean;
  /** Components of either project, and how many both have the same of. */
  sizes: { before: number; after: number; common: number };
}

interface ComparedProject {
  uuid: string;
  name: string;
  version: string | null;
}

/** A stored component as a comparison sees it. */
export function componentJson(row: DifferentComponent): DiffComponent {
  return {
    ...(row.group !== null && { group: row.group }),
    name: row.name,
    ...(row.version !== null && { version: row.version }),
    ...(row.purl !== null && { purl: row.purl }),
    licenses: [row.license, row.licenseExpression].filter((text) => text !== null),
  };
}

/** The answer about two projects. */
export function diffJson(diff: InventoryDiff, { before, after, isCut, sizes }: DiffFrame): ProjectDiffResponse {
  const { added, removed, changed, licenses, unchanged } = diff.counts;
  const { directAdded, directRemoved, vulnerabilitiesAdded, vulnerabilitiesRemoved } = diff.counts;
  return {
    before: projectJson(before),
    after: projectJson(after),
    counts_type: isCut ? "AT_LEAST" : "EXACT",
    counts: {
      components_before: sizes.before,
      components_after: sizes.after,
      added,
      removed,
      changed,
      licenses,
      ...(!isCut && { unchanged: sizes.common + unchanged }),
      ...(directAdded !== undefined && { direct_added: directAdded, direct_removed: directRemoved }),
      ...(vulnerabilitiesAdded !== undefined && { vulnerabilities_added: vulnerabilitiesAdded }),
      ...(vulnerabilitiesRemoved !== undefined && { vulnerabilities_removed: vulnerabilitiesRemoved }),
    },
    added: diff.added.map(shown),
    removed: diff.removed.map(shown),
    changed: diff.changed.map(({ component, from, to }) => ({
      component: shown(component),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    })),
    licenses: diff.licenses.map(({ component, from, to }) => ({
      component: shown(component),
      from: [...from],
      to: [...to],
    })),
    ...(directAdded !== undefined && {
      direct_added: diff.directAdded.map(shown),
      direct_removed: diff.directRemoved.map(shown),
    }),
    ...(vulnerabilitiesAdded !== undefined && {
      vulnerabilities_added: diff.vulnerabilitiesAdded.map(vulnerabilityJson),
      vulnerabilities_removed: diff.vulnerabilitiesRemoved.map(vulnerabilityJson),
    }),
    truncated: isCut || diff.truncated,
  };
}

function projectJson({ uuid, name, version }: ComparedProject): ProjectDiffResponse["before"] {
  return { uuid, name, ...(version !== null && { version }) };
}

function shown({ licenses, ...component }: DiffComponent): ProjectDiffResponse["added"][number] {
  return { ...component, licenses: [...licenses] };
}

/** Names of sources have no colon, ids may. */
function vulnerabilityJson({ id, component }: VulnerabilityChange) {
  const colon = id.indexOf(":");
  return {
    source: id.slice(0, colon),
    vuln_id: id.slice(colon + 1),
    ...(component !== undefined && { component: shown(component) }),
  };
}
