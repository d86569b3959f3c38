import crypto from "node:crypto";
import fs from "node:fs";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { Layout } from "./layout.ts";

/** Makes the password at the first start. Written under another name first: a crash must not leave an empty one. */
export function createSecretOnce(layout: Layout): string {
  if (!fs.existsSync(layout.secret)) {
    if (fs.existsSync(layout.cluster)) {
      throw new EmbeddedPostgresError(
        `${layout.secret} is missing, so nobody can log in to ${layout.cluster}: restore the file from a backup, or move the directory away to begin anew`,
      );
    }
    const draft = `${layout.secret}.draft`;
    fs.writeFileSync(draft, crypto.randomBytes(24).toString("base64url"), { mode: 0o600 });
    fs.renameSync(draft, layout.secret);
  }
  return readSecret(layout);
}

/** The superuser's password. */
export function readSecret(layout: Layout): string {
  try {
    return fs.readFileSync(layout.secret, "utf8").trim();
  } catch (cause) {
    throw new EmbeddedPostgresError(`cannot read ${layout.secret}; run as the user that owns it, or as root`, {
      cause,
    });
  }
}
