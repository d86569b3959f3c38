import { expect, test } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { apiErrorFrom } from "./problem.ts";

const WHAT = { method: "POST", path: "/api/v1/bom" };

test("a problem document is told with its detail and every place at fault", () => {
  const body = {
    status: 400,
    title: "The uploaded BOM is invalid",
    detail: "Schema validation failed",
    errors: ["$.components[3].name: is missing"],
  };
  const error = apiErrorFrom(WHAT, { status: 400, text: JSON.stringify(body) });
  expect(error.message).toBe("The uploaded BOM is invalid: Schema validation failed (400)");
  expect(error.details).toEqual(["$.components[3].name: is missing"]);
  expect(error.exitCode).toBe(EXIT.failed);
});

test("places of validation errors of both API versions are named", () => {
  const v1 = [{ message: "must not be blank", path: "projectName", invalidValue: "" }];
  expect(apiErrorFrom(WHAT, { status: 400, text: JSON.stringify(v1) }).details).toEqual([
    "projectName: must not be blank",
  ]);
  const v2 = {
    title: "JSON Schema Validation Failed",
    errors: [{ instance_location: "/dataUrl", message: "is not a URI" }],
  };
  expect(apiErrorFrom(WHAT, { status: 400, text: JSON.stringify(v2) }).details).toEqual(["/dataUrl: is not a URI"]);
  const filter = { title: "Filter expression is invalid", errors: [{ line: 1, column: 7, message: "unexpected )" }] };
  expect(apiErrorFrom(WHAT, { status: 400, text: JSON.stringify(filter) }).details).toEqual([
    "line 1, column 7: unexpected )",
  ]);
});

test("a plain sentence is passed on, an HTML page of a proxy is not", () => {
  expect(apiErrorFrom(WHAT, { status: 404, text: "The project could not be found." }).message).toContain(
    "The project could not be found.",
  );
  expect(apiErrorFrom(WHAT, { status: 502, text: "<html>nginx</html>" }).message).toBe("POST /api/v1/bom answered 502");
});

test("refused credentials say how to give others", () => {
  expect(apiErrorFrom(WHAT, { status: 401, text: "" }).details.join()).toContain("--api-key");
});

test("very many places are cut with their number", () => {
  const errors = Array.from({ length: 30 }, (_, index) => `place ${index}`);
  const { details } = apiErrorFrom(WHAT, { status: 400, text: JSON.stringify({ title: "x", errors }) });
  expect(details).toHaveLength(21);
  expect(details.at(-1)).toBe("… and 10 more");
});
