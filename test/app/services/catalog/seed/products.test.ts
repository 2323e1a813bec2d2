import { expect, test } from '@jest/globals';
import { demoProducts, type Movie } from '../../../../../app/services/catalog/seed/products.ts';
import { readFilms } from '../../../../support/films.ts';

const movies = readFilms();

const film = (more: Partial<Movie>): Movie => ({
  Title: 'A Film',
  'Release Date': 'Jun 12 1990',
  'Major Genre': null,
  Director: null,
  'IMDB Rating': null,
  'IMDB Votes': null,
  ...more,
});

test('the whole data set converts to valid products', () => {
  const products = demoProducts(movies);
  expect(products.length).toBeGreaterThan(3_000);
  expect(new Set(products.map(({ id }) => id)).size).toBe(products.length);
  const wrong = products.filter(
    ({ id, name, priceCents, year }) =>
      !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) ||
      name === '' ||
      priceCents < 499 ||
      year === null ||
      year <= 1910 ||
      year >= 2013,
  );
  expect(wrong).toEqual([]);
});

test('the most popular film is the one with the most votes', () => {
  const [top] = demoProducts(movies).toSorted((a, b) => b.popularity - a.popularity);
  expect(top).toEqual({
    id: 'the-shawshank-redemption-1994',
    name: 'The Shawshank Redemption',
    priceCents: 899,
    year: 1994,
    genre: 'Drama',
    director: 'Frank Darabont',
    rating: 9.2,
    popularity: 519_541,
  });
});

test('a title may be a number; a film without one is left out', () => {
  const products = demoProducts([film({ Title: 300, 'Release Date': 'Mar 09 2007' }), film({ Title: null })]);
  expect(products).toEqual([expect.objectContaining({ id: '300-2007', name: '300' })]);
});

test('remakes differ by year; of duplicates, the one with more votes is kept', () => {
  const ids = (list: Movie[]) => demoProducts(list).map(({ id, popularity }) => [id, popularity]);
  expect(ids([film({}), film({ 'Release Date': 'Jun 12 2000' })])).toEqual([
    ['a-film-1990', 0],
    ['a-film-2000', 0],
  ]);
  expect(ids([film({ 'IMDB Votes': 3 }), film({ 'IMDB Votes': 9 }), film({})])).toEqual([['a-film-1990', 9]]);
});

test('a year in the wrong century and a title in the wrong character set are repaired', () => {
  const [benHur, leon] = demoProducts([
    film({ Title: 'Ben-Hur', 'Release Date': 'Dec 30 2025' }),
    film({ Title: 'LÈon' }),
  ]);
  expect(benHur).toMatchObject({ id: 'ben-hur-1925', year: 1925 });
  expect(leon).toMatchObject({ id: 'leon-1990', name: 'Léon' });
});

test('newer and better films cost more', () => {
  const price = (year: number, rating: number | null) =>
    demoProducts([film({ 'Release Date': `Jan 01 ${year}`, 'IMDB Rating': rating })])[0]?.priceCents;
  expect([price(1980, null), price(1980, 4), price(1980, 8.2), price(1995, 8.2), price(2005, 8.2)]).toEqual([
    499, 499, 799, 999, 1299,
  ]);
});
