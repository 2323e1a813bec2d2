import type { Comparison } from './compare.ts';
import { health, home, largeProduct, list, smallProduct, type Subjects } from './subjects.ts';

/** Everything that is compared, with what is promised of it. The first ones say how much any server of Node can reach. */
export function comparisonsOf(subjects: Subjects): readonly Comparison[] {
  const task = { name: 'task', port: subjects.task, clients: 'header' } as const;
  const edge = { name: 'edge', port: subjects.edge, clients: 'connection' } as const;
  const articles = { name: 'articles', port: subjects.articles, clients: 'header' } as const;
  const bare = { name: 'bare', port: subjects.bare, clients: 'header' } as const;
  const bareByConnection = { ...bare, clients: 'connection' } as const;
  return [
    { name: 'bare, a product, against the articles', of: bare, to: articles, path: smallProduct },
    { name: 'bare, a product of 1.2 KB, against the articles', of: bare, to: articles, path: largeProduct },
    { name: 'bare, a list of 100, against the articles', of: bare, to: articles, path: list },
    { name: 'bare, the home page, against the articles', of: bare, to: articles, path: home },
    { name: 'cached product against the articles', of: task, to: articles, path: smallProduct, promised: 2 },
    {
      name: 'cached product of 1.2 KB against the articles',
      of: task,
      to: articles,
      path: largeProduct,
      promised: 2.5,
    },
    { name: 'cached list of 100 against the articles', of: task, to: articles, path: list, promised: 13 },
    { name: 'cached home page against the articles', of: task, to: articles, path: home, promised: 2.5 },
    { name: 'cached product against bare', of: task, to: bare, path: smallProduct, promised: 0.75 },
    { name: 'edge hit against bare', of: edge, to: bareByConnection, path: smallProduct, promised: 0.6 },
    {
      name: 'pass through edge and balancer against bare',
      of: edge,
      to: bareByConnection,
      path: health,
      promised: 0.25,
    },
  ];
}
