import { calculatorQuery } from "@evertrack/contract/v1/calculator";
import { type Route, route } from "../../../../platform/http/index.ts";
import { cvssScores, owaspScores } from "../../queries/calculators.ts";

/** Scores of vectors that somebody types (spec/api-v1.md). */
export function calculatorRoutes(): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/calculator/cvss",
      access: "authenticated",
      query: calculatorQuery,
      handle: async ({ query }) => cvssScores(query.vector),
    }),
    route({
      method: "GET",
      path: "/api/v1/calculator/owasp",
      access: "authenticated",
      query: calculatorQuery,
      handle: async ({ query }) => owaspScores(query.vector),
    }),
  ];
}
