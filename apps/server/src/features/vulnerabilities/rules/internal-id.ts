const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const GROUPS = 3;
const GROUP_LENGTH = 4;

/** A new id for a vulnerability of our own, `INT-xxxx-xxxx-xxxx`; `below` draws a number from 0 to its argument. */
export function internalVulnerabilityId(below: (limit: number) => number): string {
  const letter = () => ALPHABET[below(ALPHABET.length)];
  const groups = Array.from({ length: GROUPS }, () => Array.from({ length: GROUP_LENGTH }, letter).join(""));
  return `INT-${groups.join("-")}`;
}
