const SEED = 20_261_123;

/** Seeded random numbers from 0 to 1 (mulberry32). The seed is printed; it is the same each time unless EVERTRACK_SEED names one. */
export function seededRandom(): () => number {
  const seed = Number(process.env.EVERTRACK_SEED ?? SEED);
  console.log(`seed ${seed}`);
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
