import { describe, expect, test } from "vitest";
import { withCredentials } from "./settings.ts";

const of = (text: string) => withCredentials("dt.datasource.url", text, "us er", "p@ss");

describe("database URLs", () => {
  test.each([
    ["postgres://h:5433/d", "postgres://us%20er:p%40ss@h:5433/d"],
    ["postgresql://h/d", "postgres://us%20er:p%40ss@h/d"],
    ["jdbc:postgresql://h:5432/d", "postgres://us%20er:p%40ss@h:5432/d"],
    ["jdbc:postgresql://h/d?user=a&password=b%26c", "postgres://a:b%26c@h/d"],
    [
      "jdbc:postgresql://h/d?reWriteBatchedInserts=true&ApplicationName=x&socketTimeout=9",
      "postgres://us%20er:p%40ss@h/d",
    ],
    ["postgres://a:b@h/d", "postgres://a:b@h/d"],
    ["postgres://a@h/d", "postgres://a@h/d"],
    ["postgres://[::1]:5432/d", "postgres://us%20er:p%40ss@[::1]:5432/d"],
  ])("%s", (given, expected) => expect(of(given)).toBe(expected));

  test("sslmode=require encrypts without checking the certificate, as with JDBC", () => {
    expect(new URL(of("jdbc:postgresql://h/d?sslmode=require")).search).toBe("?sslmode=require&uselibpqcompat=true");
    expect(new URL(of("postgres://h/d?sslmode=verify-full&uselibpqcompat=false")).search).toContain("=false");
  });
  test("ssl=true checks it, as with JDBC", () => {
    expect(new URL(of("jdbc:postgresql://h/d?ssl=true")).searchParams.get("sslmode")).toBe("verify-full");
  });
  test("another schema is refused instead of ignored", () => {
    expect(() => of("jdbc:postgresql://h/d?currentSchema=mine")).toThrow(/currentSchema=mine/);
    expect(of("jdbc:postgresql://h/d?currentSchema=public")).not.toContain("Schema");
  });
  test.each([
    "",
    "mysql://a:geheim@h/d",
    "postgres://a:geheim@h:port/d",
    "jdbc:postgresql://a:geheim@h1,h2:1,x/d",
    "host=h",
  ])("%s is refused without showing it", (text) => {
    let message = "";
    try {
      of(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("dt.datasource.url");
    expect(message).not.toContain("geheim");
  });
});
