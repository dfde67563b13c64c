import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A seeded source of randomness. */
export interface RandomStream {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  shuffle<T>(items: readonly T[]): T[];
  /** Text in the form of a version 4 UUID. */
  uuid(): string;
}

/** Each purpose has a stream of its own, so that drawing a latency never changes which call fails. */
export function randomStream(seed: number, purpose: string): RandomStream {
  const generator = xoroshiro128plus(mix(seed, purpose));
  const integer = (from: number, to: number): number => uniformInt(generator, from, to);
  return {
    next: () => uniformFloat64(generator),
    integer,
    shuffle(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = integer(0, last);
        const moved = shuffled[last];
        const taken = shuffled[other];
        if (moved === undefined || taken === undefined) continue;
        shuffled[last] = taken;
        shuffled[other] = moved;
      }
      return shuffled;
    },
    uuid() {
      let hex = "";
      for (let part = 0; part < 8; part++) hex += integer(0, 0xffff).toString(16).padStart(4, "0");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}

/** FNV-1a over the purpose, starting from the seed. */
function mix(seed: number, purpose: string): number {
  let hash = (0x811c9dc5 ^ seed) | 0;
  for (const character of purpose) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash | 0;
}
