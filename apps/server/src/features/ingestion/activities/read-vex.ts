import { type ActivityContext, Terminal } from "@evertrack/engine/authoring";
import type { BomHead, BomVulnerability } from "@evertrack/sbom";
import { BomError, BomReaderCrash } from "@evertrack/sbom/elsewhere";
import type { Tx } from "../../../platform/db/index.ts";
import { FileLost } from "../../../platform/files/index.ts";
import type { VexNote, VexStatement } from "../../findings/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { statementOf } from "../rules/vex-statements.ts";
import { VexRefs } from "../rules/vex-targets.ts";
import type { Upload } from "../store.ts";

/** More notes than these are counted only. */
const NOTES_MAX = 500;

/** Notes on what was not applied: the first ones, and how many there are. */
export class VexNotes {
  readonly listed: VexNote[] = [];
  count = 0;

  /** For a transaction, which may be tried more than once. */
  copy(): VexNotes {
    const copy = new VexNotes();
    copy.listed.push(...this.listed);
    copy.count = this.count;
    return copy;
  }

  add({ code, path, message }: VexNote): void {
    this.count++;
    if (this.listed.length < NOTES_MAX) this.listed.push({ code, path, message });
  }
}

/** What a VEX says, as far as findings are concerned. */
export interface ReadVex {
  head: BomHead;
  statements: VexStatement[];
  notes: VexNotes;
}

/** Problems of the document or the file are final; whatever else goes wrong is tried again. */
export async function readVex(deps: IngestionDeps, ctx: ActivityContext<Tx>, upload: Upload): Promise<ReadVex> {
  return deps.slots.within(async () => {
    try {
      const { fileLocation: location, fileSha256: sha256, sizeBytes } = upload;
      const bytes = await deps.files.read({ location, sha256, sizeBytes });
      return await collect(deps, ctx, upload.projectUuid, bytes);
    } catch (error) {
      if (error instanceof FileLost || error instanceof BomError || error instanceof BomReaderCrash)
        throw new Terminal(error.message, { cause: error });
      throw error;
    }
  }, upload.sizeBytes);
}

async function collect(
  deps: IngestionDeps,
  ctx: ActivityContext<Tx>,
  projectUuid: string,
  bytes: Uint8Array,
): Promise<ReadVex> {
  const collector = new Collector(projectUuid);
  const limits = { sizeMaxBytes: deps.limits.decompressedSizeMaxBytes };
  const call = { takeBytes: true, signal: ctx.signal };
  for await (const piece of deps.reader.readBomPieces(bytes, { validate: false, limits }, call)) {
    if (piece.kind === "head") collector.takeHead(piece.head);
    else if (piece.kind === "components") for (const component of piece.components) collector.refs.add(component);
    else if (piece.kind === "vulnerabilities") collector.takeVulnerabilities(piece.vulnerabilities);
  }
  return collector.result();
}

/** Keeps of a document what its refs stand for and what it states. */
class Collector {
  readonly #projectUuid: string;
  readonly #statements: VexStatement[] = [];
  readonly #notes = new VexNotes();
  #head: BomHead | undefined;
  #seen = 0;
  refs: VexRefs;

  constructor(projectUuid: string) {
    this.#projectUuid = projectUuid;
    this.refs = new VexRefs([projectUuid]);
  }

  /** Comes first. */
  takeHead(head: BomHead): void {
    this.#head = head;
    this.refs = new VexRefs([this.#projectUuid, head.metadata.component?.bomRef]);
  }

  takeVulnerabilities(vulnerabilities: readonly BomVulnerability[]): void {
    for (const vulnerability of vulnerabilities) {
      const path = `/vulnerabilities/${this.#seen++}`;
      const statement = statementOf(vulnerability, path, this.refs, (note) => this.#notes.add(note));
      if (statement !== undefined) this.#statements.push(statement);
    }
  }

  result(): ReadVex {
    if (this.#head === undefined) throw new Terminal("the VEX has no head");
    return { head: this.#head, statements: this.#statements, notes: this.#notes };
  }
}
