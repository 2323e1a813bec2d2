/**
 * How the paths that one pattern matches relate to those of another (`*` matches any text, `?` any one character, as in ALB
 * rules). `narrower`: each path of the left is one of the right, but not the reverse. `crossing`: each has paths that the
 * other lacks, and they share some.
 */
export type Relation = 'disjoint' | 'same' | 'narrower' | 'wider' | 'crossing';

/** Compares two patterns, by walking through both with all characters that make a difference. */
export function relate(left: string, right: string): Relation {
  const literal = Math.min(left.search(/[*?]|$/), right.search(/[*?]|$/));
  if (left.slice(0, literal) !== right.slice(0, literal)) return 'disjoint';
  // A character in neither pattern stands for all such characters.
  const alphabet = new Set(`${left}${right}\0`.replaceAll(/[*?]/g, '').split(''));
  const seen = new Set<string>();
  const open: (readonly [Positions, Positions])[] = [[start(left), start(right)]];
  let shared = false;
  let onlyLeft = false;
  let onlyRight = false;
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [here, there] = pair;
    // From any position some text leads to the end of the pattern, so where only one is left, only it matches that text.
    if (here.length === 0 || there.length === 0) {
      onlyLeft ||= here.length > 0;
      onlyRight ||= there.length > 0;
      continue;
    }
    const key = `${here.join()} ${there.join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const leftEnds = here.includes(left.length);
    const rightEnds = there.includes(right.length);
    shared ||= leftEnds && rightEnds;
    onlyLeft ||= leftEnds && !rightEnds;
    onlyRight ||= rightEnds && !leftEnds;
    for (const character of alphabet) open.push([step(left, here, character), step(right, there, character)]);
  }
  if (!shared) return 'disjoint';
  if (onlyLeft) return onlyRight ? 'crossing' : 'wider';
  return onlyRight ? 'narrower' : 'same';
}

/** Where in a pattern a match may stand, in ascending order. */
type Positions = readonly number[];

const start = (pattern: string): Positions => passStars(pattern, [0]);

function step(pattern: string, positions: Positions, character: string): Positions {
  const next = positions.flatMap((position) => {
    if (pattern[position] === '*') return [position];
    return pattern[position] === character || pattern[position] === '?' ? [position + 1] : [];
  });
  return passStars(pattern, next);
}

/** Adds the positions behind asterisks, which match no text as well. */
function passStars(pattern: string, positions: Positions): Positions {
  const all = new Set<number>();
  for (let position of positions) {
    all.add(position);
    while (pattern[position] === '*') all.add(++position);
  }
  return [...all].toSorted((a, b) => a - b);
}
