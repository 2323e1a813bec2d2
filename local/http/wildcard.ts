/**
 * The wildcards of listener rules and of origins in a bucket's CORS rules: `*` is any run of characters, `?` exactly one; a backslash makes the next character
 * literal. Walks both texts once and falls back only to the latest `*`, so a long path cannot make a rule slow, as a
 * backtracking regular expression could.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const parts = parse(pattern);
  return (text) => matches(parts, text);
}

const ANY_RUN = Symbol('*');
const ANY_ONE = Symbol('?');
type Part = string | typeof ANY_RUN | typeof ANY_ONE;

function parse(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '\\' && at + 1 < pattern.length) parts.push(pattern[++at]!);
    else parts.push(char === '*' ? ANY_RUN : char === '?' ? ANY_ONE : char);
  }
  return parts;
}

function matches(parts: readonly Part[], text: string): boolean {
  let part = 0;
  let at = 0;
  let runPart = -1;
  let runAt = 0;
  while (at < text.length) {
    if (parts[part] === ANY_RUN) {
      runPart = part++;
      runAt = at;
    } else if (parts[part] === ANY_ONE || parts[part] === text[at]) {
      part++;
      at++;
    } else if (runPart >= 0) {
      part = runPart + 1;
      at = ++runAt;
    } else {
      return false;
    }
  }
  while (parts[part] === ANY_RUN) part++;
  return part === parts.length;
}
