/**
 * Writing a BOM: model → words of the version (`say-…`, which leave out or replace what the version does not know) → JSON
 * or XML (`…-notation`). One element at a time: only bom-refs are remembered.
 */
import type { BomComponent, BomDependency, BomMetadata, BomService, BomVulnerability } from "../bom.ts";
import { type Dialect, since, some, textIn } from "./dialect.ts";
import { fitSerialNumber } from "./fit.ts";
import { jsonNotation } from "./json-notation.ts";
import type { BomList, Notation } from "./notation.ts";
import { sayComponent } from "./say-component.ts";
import { sayMetadata } from "./say-metadata.ts";
import { sayService } from "./say-service.ts";
import type { Said } from "./say-shared.ts";
import { sayVulnerability } from "./say-vulnerability.ts";
import { Written } from "./written.ts";
import { xmlNotation } from "./xml-notation.ts";

/** A BOM to be written, its large parts in batches of any size. */
export interface WritableBom {
  /** Without `urn:uuid:`. */
  serialNumber: string;
  version: number;
  timestamp: string;
  /** Its component is the subject. */
  metadata: BomMetadata;
  services: readonly BomService[];
  components: AsyncIterable<readonly BomComponent[]>;
  dependencies: AsyncIterable<readonly BomDependency[]>;
  vulnerabilities: AsyncIterable<readonly BomVulnerability[]>;
}

/** What to write. */
export type WriteBomOptions = Dialect;

/** Pieces of text get this long, and seldom longer by more than one component. */
const chunkChars = 64 * 1024;

/** Writes a BOM in pieces of text. Whatever the model holds, what is written is valid. */
export async function* writeBom(source: WritableBom, options: WriteBomOptions): AsyncGenerator<string> {
  const writing = new Writing(options);
  writing.start(source);
  yield* writing.list("components", source.components, (component) => writing.component(component));
  yield* writing.list("services", oneBatch(source.services), (service) => writing.service(service));
  yield* writing.list("dependencies", source.dependencies, (dependency) => writing.dependency(dependency));
  if (since(options, "1.4"))
    yield* writing.list("vulnerabilities", source.vulnerabilities, (entry) => writing.vulnerability(entry));
  yield writing.end();
}

class Writing {
  private readonly dialect: Dialect;
  private readonly notation: Notation;
  private readonly written = new Written();
  private text = "";

  constructor(dialect: Dialect) {
    this.dialect = dialect;
    this.notation = dialect.format === "json" ? jsonNotation : xmlNotation;
  }

  start({ serialNumber, version, metadata, timestamp }: WritableBom): void {
    this.text += this.notation.start({
      specVersion: this.dialect.specVersion,
      serialNumber: fitSerialNumber(serialNumber),
      version: Math.max(1, Math.trunc(version)),
      metadata: sayMetadata(this.dialect, metadata, timestamp, this.written),
    });
  }

  /** A list exists only where it has entries. */
  async *list<T>(
    name: BomList,
    batches: AsyncIterable<readonly T[]>,
    say: (item: T) => Said | undefined,
  ): AsyncGenerator<string> {
    let count = 0;
    for await (const batch of batches) {
      for (const item of batch) {
        const said = say(item);
        if (said === undefined) continue;
        if (count === 0) this.text += this.notation.listStart(name);
        this.text += this.notation.entry(name, said, count++);
        if (this.text.length >= chunkChars) yield this.take();
      }
    }
    if (count > 0) this.text += this.notation.listEnd(name);
  }

  component(component: BomComponent): Said | undefined {
    return this.unrepeated(sayComponent(this.dialect, component, this.written));
  }

  service(service: BomService): Said | undefined {
    return this.unrepeated(sayService(this.dialect, service, this.written));
  }

  vulnerability(vulnerability: BomVulnerability): Said | undefined {
    return this.unrepeated(sayVulnerability(this.dialect, vulnerability, this.written));
  }

  dependency({ ref, dependsOn }: BomDependency): Said | undefined {
    const from = textIn(this.dialect, ref);
    if (from === undefined) return undefined;
    const to = new Set(dependsOn.flatMap((target) => textIn(this.dialect, target) ?? []));
    const said = { ref: from, dependsOn: some([...to]) };
    return this.written.isNew(JSON.stringify(said)) ? said : undefined;
  }

  end(): string {
    this.text += this.notation.end();
    return this.take();
  }

  private take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  /** What has a bom-ref differs from everything else by it. */
  private unrepeated(said: Said): Said | undefined {
    return said["bom-ref"] !== undefined || this.written.isNew(JSON.stringify(said)) ? said : undefined;
  }
}

async function* oneBatch<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items;
}
