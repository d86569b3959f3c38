import { describe, expect, test } from "vitest";
import { distrosMatch, redHatMajorOf, versionForMatching } from "./distro.ts";

const DEBIAN = { type: "deb", namespace: "debian" };
const UBUNTU = { type: "deb", namespace: "ubuntu" };
const ALPINE = { type: "apk", namespace: "alpine" };
const SUSE = { type: "rpm", namespace: "suse" };
const OPENSUSE = { type: "rpm", namespace: "opensuse" };
const RED_HAT = { type: "rpm", namespace: "redhat" };

describe("distrosMatch", () => {
  test.each([
    [DEBIAN, "debian-12", "bookworm", true],
    [DEBIAN, "debian-13", "debian-13.2", true],
    [DEBIAN, "debian-12", "debian-11", false],
    [UBUNTU, "ubuntu-22.04", "Jammy", true],
    [UBUNTU, "ubuntu-22.04", "ubuntu-22.04.3", true],
    [UBUNTU, "ubuntu-22.04", "ubuntu-24.04", false],
    [ALPINE, "alpine-3.18", "alpine-3.18.4", true],
    [ALPINE, "alpine-3.18", "3.19.0", false],
    [RED_HAT, "rhel-8.6", "redhat-8.9", true],
    [RED_HAT, "rhel-8", "rhel-9.2", false],
    [{ type: "rpm", namespace: "almalinux" }, "almalinux-9", "almalinux-9.3", true],
    [{ type: "rpm", namespace: "almalinux" }, "almalinux-9", "almalinux-10", false],
    [{ type: "rpm", namespace: "rocky" }, "rocky-8", "rocky-8.10", true],
    [{ type: "rpm", namespace: "rocky" }, "rocky-8", "rocky-9.1", false],
    [{ type: "rpm", namespace: "mageia" }, "mageia-9", "9", true],
    [{ type: "rpm", namespace: "photon" }, "photon-4.0", "photon-5.0", false],
    [{ type: "rpm", namespace: "openeuler" }, "openeuler-24.03", "openEuler-24.03", true],
    [{ type: "apk", namespace: "alpaquita" }, "alpaquita-23", "alpaquita-23.1", true],
    [UBUNTU, "ubuntu-26.04", "resolute", true],
    [UBUNTU, "ubuntu-18.10", "cosmic", true],
    [SUSE, "sles-15.4", "sles-15.5", false],
    [SUSE, "sles-15.4", "sled-15.4", true],
    [SUSE, "sles-15", "sles-15.0", true],
    [SUSE, "sles-15", "sles-15.4", false],
    [SUSE, "sle-micro-5.3", "sles-5.3", false],
    [OPENSUSE, "opensuse-leap-15.5", "opensuse.leap-15.5", true],
    [OPENSUSE, "opensuse-leap-15.5", "opensuse-leap-15.6", false],
    [OPENSUSE, "opensuse-leap-micro-5.2", "opensuse-leap-5.2", false],
    [OPENSUSE, "opensuse-tumbleweed", "opensuse-tumbleweed-20240101", true],
    [DEBIAN, "debian-12", undefined, true],
    [DEBIAN, undefined, "debian-12", true],
  ])("%j: an advisory for %s and a component of %s: %s", (of, advisory, component, expected) => {
    expect(distrosMatch(of, advisory, component)).toBe(expected);
  });
});

test("the Red Hat major release is read from the package release", () => {
  expect(["1.0-1.el8", "2:1-3.el9_2", "1-2+el8.7.0+1", "1-1.fc38", "1-4.model5"].map(redHatMajorOf)).toEqual([
    "8",
    "9",
    "8",
    undefined,
    undefined,
  ]);
});

test("an epoch qualifier leads the version of deb and rpm packages, once", () => {
  const qualifiers = { epoch: "1" };
  expect(versionForMatching({ type: "rpm", version: "2.0-1", qualifiers })).toBe("1:2.0-1");
  expect(versionForMatching({ type: "deb", version: "1:2.0-1", qualifiers })).toBe("1:2.0-1");
  expect(versionForMatching({ type: "npm", version: "2.0.0", qualifiers })).toBe("2.0.0");
});
