/** Returns the words of a text as products are found by them: in lower case, without accents and apostrophes. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\p{M}'’]/gu, '')
    .match(/[\p{L}\p{N}]+/gu) ?? [];
