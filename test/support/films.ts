import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Movie } from '../../app/services/catalog/seed/products.ts';

/** The data set that the demo catalogue is created from. */
export const filmsFile = join(import.meta.dirname, '../../node_modules/vega-datasets/data/movies.json');

export const readFilms = (): Movie[] => JSON.parse(readFileSync(filmsFile, 'utf8')) as Movie[];
