import { describe, expect, it } from "vitest";
import { Config } from "../config/index.ts";
import { mapSource } from "../config/sources.ts";
import { isExcluded, outboundSettings } from "./settings.ts";

const config = (values: Record<string, string>) => new Config([mapSource("test", new Map(Object.entries(values)))]);

describe("the proxy", () => {
  it("is the one of the properties, with its credentials and exceptions", () => {
    const properties = {
      "dt.http.proxy.host": "proxy.example",
      "dt.http.proxy.port": "3128",
      "dt.http.proxy.auth.username": "user",
      "dt.http.proxy.auth.password": "secret",
      "dt.http.proxy.exclusions": "Intern.example, .corp",
    };
    expect(outboundSettings(config(properties), { HTTPS_PROXY: "http://other:1" })).toEqual({
      connectTimeoutMs: 30_000,
      proxy: {
        url: "http://proxy.example:3128",
        authorization: `Basic ${Buffer.from("user:secret").toString("base64")}`,
        exclusions: ["intern.example", ".corp"],
      },
    });
  });

  it("is the environment's when no property names one, and none when neither does", () => {
    const environment = { https_proxy: "http://user:p%40ss@proxy:8080", NO_PROXY: "localhost" };
    expect(outboundSettings(config({}), environment).proxy).toEqual({
      url: "http://proxy:8080",
      authorization: `Basic ${Buffer.from("user:p@ss").toString("base64")}`,
      exclusions: ["localhost"],
    });
    expect(outboundSettings(config({})).proxy).toBeUndefined();
  });

  it.each([
    ["feeds.example", ["feeds.example"], true],
    ["Feeds.Example", ["feeds.example"], true],
    ["a.corp", [".corp"], true],
    ["a.corp", ["*.corp"], true],
    ["acorp", [".corp"], false],
    ["any", ["*"], true],
    ["feeds.example", [], false],
  ])("for %s with the exceptions %j is left out: %s", (host, exclusions, excluded) => {
    expect(isExcluded(host, exclusions)).toBe(excluded);
  });
});
