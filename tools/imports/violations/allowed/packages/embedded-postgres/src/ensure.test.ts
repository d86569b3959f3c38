import { test } from "vitest";
import { ensure } from "./testing.ts";
test("x", () => ensure);
