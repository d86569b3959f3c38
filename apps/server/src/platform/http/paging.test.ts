import { describe, expect, test } from "vitest";
import { parseWith } from "./body.ts";
import { pageOf, pagingQuery, sortColumn } from "./paging.ts";
import { AppError, InvalidRequest } from "./problem.ts";

const pageFor = (query: string) =>
  pageOf(parseWith(pagingQuery, Object.fromEntries(new URLSearchParams(query)), "query"));

describe("a page", () => {
  test.each([
    ["", 0, 100],
    ["pageNumber=1&pageSize=10", 0, 10],
    ["pageNumber=3&pageSize=10", 20, 10],
    ["page=3&size=10", 20, 10],
    ["page=3&limit=10", 20, 10],
    ["pageNumber=0&pageSize=10", 0, 10],
    ["pageNumber=3", 0, 100],
    ["pageSize=7", 0, 7],
    ["offset=30&limit=15", 30, 15],
    ["offset=30", 30, 100],
    ["pageNumber=2&pageSize=10&offset=5&limit=3", 10, 10],
    ["pageSize=0", 0, 100],
    ["pageNumber=2&pageSize=100000", 1_000, 1_000],
  ])("%s begins at %i and holds %i", (query, offset, limit) => {
    expect(pageFor(query)).toMatchObject({ offset, limit });
  });
  test.each(["pageNumber=-1", "pageSize=x", "limit=1.5", "offset=1e99"])("%s is refused", (query) => {
    expect(() => pageFor(query)).toThrow(InvalidRequest);
  });
  test("is sorted and searched by either name", () => {
    expect(pageFor("sortName=name&sortOrder=desc&searchText= a ")).toMatchObject({
      sortName: "name",
      descending: true,
      searchText: "a",
    });
    expect(pageFor("orderBy=name&sort=DESC&filter=b")).toMatchObject({
      sortName: "name",
      descending: true,
      searchText: "b",
    });
    expect(pageFor("sortOrder=asc&searchText=  ")).toMatchObject({ descending: false, searchText: undefined });
  });
});

describe("the sort column", () => {
  const allowed = { name: "p.name", "lastBomImport.date": "p.last" } as const;

  test("is one of the allowed, or the fallback", () => {
    expect(sortColumn(pageFor("sortName=lastBomImport.date"), allowed, "p.name")).toBe("p.last");
    expect(sortColumn(pageFor("sortName="), allowed, "p.name")).toBe("p.name");
  });
  test.each(["id", "name; drop table x", "toString", "__proto__", "constructor"])(
    "%s is refused with the allowed ones",
    (name) => {
      let refused: unknown;
      try {
        sortColumn(pageFor(`sortName=${encodeURIComponent(name)}`), allowed, "p.name");
      } catch (error) {
        refused = error;
      }
      expect(refused instanceof AppError && refused.toProblem()).toMatchObject({
        type: "/problems/invalid-sort-field",
        status: 400,
        invalid_field: name,
        allowed_fields: ["name", "lastBomImport.date"],
      });
    },
  );
});
