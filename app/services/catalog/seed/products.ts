import type { Product } from '../product.ts';

/** The properties used of a film in data/movies.json of the package vega-datasets; null where unknown. */
export interface Movie {
  /** A number if the title looks like one, such as 300. */
  Title: string | number | null;
  /** Such as `Jun 12 1998`. */
  'Release Date': string;
  'Major Genre': string | null;
  Director: string | number | null;
  'IMDB Rating': number | null;
  'IMDB Votes': number | null;
}

/**
 * Converts films to products. The id is derived from title and year, so it is stable; of two films with the same id, the one
 * with more votes is kept. Films without a title are left out.
 */
export function demoProducts(movies: readonly Movie[]): Product[] {
  const byId = new Map<string, Product>();
  for (const product of movies.flatMap(toProduct)) {
    const other = byId.get(product.id);
    if (other === undefined || other.popularity < product.popularity) byId.set(product.id, product);
  }
  return [...byId.values()];
}

function toProduct(movie: Movie): Product[] {
  if (movie.Title === null) return [];
  const name = repair(String(movie.Title));
  const year = yearOf(movie['Release Date']);
  const rating = movie['IMDB Rating'];
  return [
    {
      id: slug(year === null ? name : `${name} ${year}`),
      name,
      priceCents: priceCents(year, rating),
      year,
      genre: movie['Major Genre'],
      director: movie.Director === null ? null : repair(String(movie.Director)),
      rating,
      popularity: movie['IMDB Votes'] ?? 0,
    },
  ];
}

/** $4.99, plus $1 per point of rating above 5, plus $2 from 1995 on or $5 from 2005 on. */
function priceCents(year: number | null, rating: number | null): number {
  const quality = Math.max(0, Math.round((rating ?? 0) - 5)) * 100;
  const novelty = year === null || year < 1995 ? 0 : year < 2005 ? 200 : 500;
  return 499 + quality + novelty;
}

/** The data set is from 2010 and was converted from two-digit years: Ben-Hur of 1925 became a film of 2025. */
function yearOf(releaseDate: string): number | null {
  const year = Number(/\d{4}$/.exec(releaseDate)?.[0]);
  if (Number.isNaN(year)) return null;
  return year > 2012 ? year - 100 : year;
}

const bytes = Array.from({ length: 128 }, (_, index) => Uint8Array.of(index + 128));
const decode = (encoding: string, byte: Uint8Array) => new TextDecoder(encoding).decode(byte);
const repairs = new Map(bytes.map((byte) => [decode('macintosh', byte), decode('windows-1252', byte)]));

/** Titles in Windows-1252 were decoded as Mac Roman: Léon became LÈon. */
const repair = (text: string) => Array.from(text, (character) => repairs.get(character) ?? character).join('');

/** `Léon` becomes `leon`. */
function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036F']/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
