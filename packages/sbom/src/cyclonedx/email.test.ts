import { expect, test } from "vitest";
import { isEmailAddress } from "./email.ts";

test("addresses are accepted with letters of any language, and refused without an at sign", () => {
  expect(isEmailAddress("ada@example.org")).toBe(true);
  expect(isEmailAddress("ådå@exämple.org")).toBe(true);
  expect(isEmailAddress("ada.example.org")).toBe(false);
});

test("an address longer than RFC 5321 allows never reaches the grammar", () => {
  expect(isEmailAddress(`${"a".repeat(308)}@example.org`)).toBe(true);
  expect(isEmailAddress(`${"a".repeat(309)}@example.org`)).toBe(false);
});
