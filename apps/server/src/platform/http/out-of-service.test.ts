import { expect, test } from "vitest";
import { route } from "./route.ts";
import { serverWith } from "./testing.ts";

test("an instance that is out of service answers 503 with Retry-After to everybody, and again 200 when it is back", async () => {
  let isOut = true;
  const hello = route({ method: "GET", path: "/hello", access: "public", handle: async () => ({ hello: 1 }) });
  const app = await serverWith([hello], { outOfService: () => isOut });
  for (const url of ["/hello", "/api/v1/project", "/nowhere"]) {
    const answer = await app.inject({ method: "GET", url });
    expect([url, answer.statusCode, answer.headers["retry-after"]]).toEqual([url, 503, "5"]);
    expect(answer.json()).toMatchObject({ status: 503, title: "Temporarily unavailable" });
  }
  isOut = false;
  expect((await app.inject({ method: "GET", url: "/hello" })).statusCode).toBe(200);
  await app.close();
});
