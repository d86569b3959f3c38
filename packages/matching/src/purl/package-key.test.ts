import { describe, expect, test } from "vitest";
import { packageKeyOf, packageKeyOfOsv } from "./package-key.ts";
import { parsePurl } from "./purl.ts";

function keyOf(purl: string): string | undefined {
  return packageKeyOf(parsePurl(purl, { mode: "lenient" }));
}

describe("packageKeyOf", () => {
  test.each([
    ["pkg:pypi/Zope.Interface@5", "PyPI", "zope_interface"],
    ["pkg:npm/%40Angular/core@1", "npm", "@Angular/core"],
    ["pkg:golang/github.com/Masterminds/vcs@v1", "Go", "github.com/Masterminds/vcs"],
    ["pkg:golang/stdlib@1.21", "Go", "stdlib"],
    ["pkg:maven/org.jline/jline@3", "Maven", "org.jline:jline"],
    ["pkg:composer/Drupal/Core@9", "Packagist:https://packages.drupal.org/8", "drupal/core"],
    ["pkg:nuget/Newtonsoft.Json@1", "NuGet", "newtonsoft.json"],
    ["pkg:cargo/Serde_json@1", "crates.io", "serde-json"],
    ["pkg:gem/RedCloth@1", "RubyGems", "RedCloth"],
    ["pkg:deb/debian/openssl@1?distro=debian-12", "Debian:12", "openssl"],
    ["pkg:apk/alpine/busybox@1", "Alpine:v3.18", "busybox"],
    ["pkg:alpine/busybox@1", "Alpine:v3.18", "busybox"],
    ["pkg:rpm/redhat/PyYAML@5", "Red Hat:rhel_aus:8.6::appstream", "PyYAML"],
    ["pkg:swift/github.com/grpc/grpc-swift@1", "SwiftURL", "https://github.com/grpc/grpc-swift.git"],
    ["pkg:hackage/aeson@1", "Hackage", "aeson"],
    ["pkg:cran/readxl@1", "CRAN", "readxl"],
    ["pkg:bitnami/tomcat@1", "Bitnami", "tomcat"],
    ["pkg:hex/phoenix@1", "Hex", "phoenix"],
    ["pkg:github/actions/checkout@v4", "GitHub Actions", "actions/checkout"],
  ])("%s is the package %s calls %s", (purl, ecosystem, name) => {
    expect(keyOf(purl)).toBeDefined();
    expect(packageKeyOfOsv(ecosystem, name)).toBe(keyOf(purl));
  });

  test("packages that differ only in case stay apart where the ecosystem keeps them apart", () => {
    expect(keyOf("pkg:npm/jQuery@1")).not.toBe(keyOf("pkg:npm/jquery@1"));
    expect(keyOf("pkg:cran/Matrix@1")).not.toBe(keyOf("pkg:cran/matrix@1"));
  });

  test("an ecosystem that is not known is read from its purl, and left out without one", () => {
    expect(packageKeyOfOsv("Brand New", "x", "pkg:generic/acme/x")).toBe("generic/acme/x");
    expect(packageKeyOfOsv("Brand New", "x", "no purl")).toBeUndefined();
    expect(packageKeyOfOsv("GIT", "")).toBeUndefined();
  });
});
