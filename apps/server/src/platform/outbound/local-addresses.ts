import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { OutboundError } from "./outbound-error.ts";

/** Not reachable over the public internet (IANA special-purpose registries, RFC 6890): this host, its link, private networks. */
const LOCAL_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Site-local (fec0::/10), the ways to write an IPv4 address inside an IPv6 one (NAT64, 6to4, Teredo) and multicast are refused too. */
const LOCAL_IPV6: readonly (readonly [string, number])[] = [
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2001::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const local = new BlockList();
for (const [network, prefix] of LOCAL_IPV4) local.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of LOCAL_IPV6) local.addSubnet(network, prefix, "ipv6");

/** True for an IP address that names this machine or a private network; IPv4 addresses mapped into IPv6 are seen through. */
export function isLocalAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return local.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Refuses hosts written as a local address or as a name that is local by definition (RFC 6761, RFC 6762). */
export function refuseLocalHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isLocalAddress(host) || /(^|\.)(localhost|local)$/i.test(host)) throw localAddressError(host);
}

/**
 * Resolves a name for a connection and refuses it when any of its addresses is local. The connection is made to the very
 * addresses checked here, so a name that changes its answer between check and use gains nothing.
 */
export const lookupPublicOnly: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...(options as LookupOptions), all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) done(error ?? new Error(`${hostname} has no address`), "", 0);
    else if (addresses.some(({ address }) => isLocalAddress(address))) done(localAddressError(hostname), "", 0);
    else answer(addresses, first, options.all === true, done);
  });
};

function answer(
  addresses: LookupAddress[],
  first: LookupAddress,
  all: boolean,
  done: Parameters<LookupFunction>[2],
): void {
  if (all) done(null, addresses);
  else done(null, first.address, first.family);
}

function localAddressError(host: string): OutboundError {
  return new OutboundError(
    "local-address",
    `${host} is on this machine or a private network, and connections there are not allowed`,
  );
}
