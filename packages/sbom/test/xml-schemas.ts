/** To be imported by tests that validate XML. */
import { loadSchemasFor } from "../src/index.ts";

await loadSchemasFor(Buffer.from("<bom/>"));
