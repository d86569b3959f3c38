import type { BomLicense, BomLicenseDetail } from "../bom.ts";
import { spdxIdOf } from "../spdx/ids.ts";
import { type Dialect, since, some, textIn } from "./dialect.ts";
import { fitUri } from "./fit.ts";
import { type Said, sayAttachment } from "./say-shared.ts";

/** Licences. Where a version takes either licences or one expression, expressions among others become names. */
export function sayLicenses(dialect: Dialect, licenses: readonly BomLicense[]): readonly Said[] | undefined {
  const expressionsStand = licenses.length === 1 || takesBoth(dialect);
  return some(
    licenses.flatMap((license): Said[] => {
      const value = textIn(dialect, license.value);
      if (value === undefined) return [];
      if (license.kind === "expression" && expressionsStand) return [sayExpression(dialect, license, value)];
      return [{ license: sayLicense(dialect, license, value) }];
    }),
  );
}

/** The schemas for JSON did before 1.5 and do since 1.7, those for XML since 1.7. */
function takesBoth(dialect: Dialect): boolean {
  return since(dialect, "1.7") || (dialect.format === "json" && !since(dialect, "1.5"));
}

function sayLicense(dialect: Dialect, license: BomLicense, value: string): Said {
  const id = license.kind === "id" ? spdxIdOf(value) : undefined;
  return {
    ...(id === undefined ? { name: value } : { id }),
    acknowledgement: sayAcknowledgement(dialect, license),
    text: sayAttachment(dialect, license.text),
    url: license.url === undefined ? undefined : fitUri(license.url),
  };
}

function sayExpression(dialect: Dialect, license: BomLicense, value: string): Said {
  return {
    expression: value,
    acknowledgement: sayAcknowledgement(dialect, license),
    expressionDetails: since(dialect, "1.7") ? sayDetails(dialect, license.details ?? []) : undefined,
  };
}

function sayDetails(dialect: Dialect, details: readonly BomLicenseDetail[]): readonly Said[] | undefined {
  return some(
    details.flatMap(({ identifier, text, url }) => {
      const licenseIdentifier = textIn(dialect, identifier);
      if (licenseIdentifier === undefined) return [];
      return {
        licenseIdentifier,
        text: sayAttachment(dialect, text),
        url: url === undefined ? undefined : fitUri(url),
      };
    }),
  );
}

function sayAcknowledgement(dialect: Dialect, license: BomLicense): string | undefined {
  return since(dialect, "1.6") ? license.acknowledgement : undefined;
}
