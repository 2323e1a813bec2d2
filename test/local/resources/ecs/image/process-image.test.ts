import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { processImage, type Overrides } from '../../../../../local/resources/ecs/image/process-image.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-image-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function write(file: string, text = ''): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), text);
  chmodSync(join(directory, file), 0o644);
}

function read(
  dockerfile: string,
  { target, buildArgs = {}, ...overrides }: Overrides & { target?: string; buildArgs?: Record<string, string> } = {},
) {
  write('Dockerfile', dockerfile);
  const asset = { directory, dockerfile: join(directory, 'Dockerfile'), target, buildArgs };
  return processImage(asset, overrides, '/usr/bin');
}

test('an exec form runs in the directory that stands for the working directory', () => {
  const image = read('FROM node:24-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "server.js"]');
  expect(image).toEqual({ command: ['node', 'server.js'], directory, environment: {}, skipped: [] });
});

test('a shell form runs in a shell', () => {
  const image = read('FROM node\nCMD node server.js --port $PORT');
  expect(image.command).toEqual(['sh', '-c', 'node server.js --port $PORT']);
});

test('an entry point comes before the command', () => {
  const image = read('FROM node\nENTRYPOINT ["node", "--enable-source-maps"]\nCMD ["server.js"]');
  expect(image.command).toEqual(['node', '--enable-source-maps', 'server.js']);
});

test('the container definition overrides command, entry point and working directory', () => {
  const dockerfile = 'FROM node\nWORKDIR /app\nENTRYPOINT ["npm"]\nCMD ["start"]';
  expect(read(dockerfile, { command: ['test'] }).command).toEqual(['npm', 'test']);
  expect(read(dockerfile, { entryPoint: ['npx'] }).command).toEqual(['npx']);
  expect(read(dockerfile, { workingDirectory: 'worker' }).directory).toBe(join(directory, 'worker'));
});

test('a script that is no program is run by node, as the node image does', () => {
  write('server.js');
  expect(read('FROM node\nCMD ["server.js"]').command).toEqual(['node', 'server.js']);
  expect(read('FROM gcr.io/distroless/nodejs24-debian12\nCMD ["main.cjs"]').command).toEqual(['node', 'main.cjs']);
  expect(read('FROM node\nCMD ["npm", "start"]').command).toEqual(['npm', 'start']);
});

test('paths of the container lead into the build context', () => {
  const image = read(
    'FROM node\nWORKDIR /usr/src\nCOPY . /usr/src/app\nENV PATH=/usr/src/app/bin:$PATH\n' +
      'WORKDIR app/web\nCMD ["/usr/local/bin/node", "/usr/src/app/web/server.js"]',
  );
  expect(image).toEqual({
    command: ['node', join(directory, 'web/server.js')],
    directory: join(directory, 'web'),
    environment: { PATH: `${directory}/bin:/usr/bin` },
    skipped: [],
  });
});

test('variables come from ENV, ARG and the build arguments', () => {
  const image = read(
    'ARG VERSION=22\nFROM node:${VERSION}\nARG STAGE=dev\nARG COLOR="blue"\n' +
      'ENV STAGE=$STAGE COLOR=${COLOR} NAME="two words" SIZE=${SIZE:-large}\nENV OLD old style\nCMD ["node", "x.js"]',
    { buildArgs: { STAGE: 'prod' } },
  );
  expect(image.environment).toEqual({
    STAGE: 'prod',
    COLOR: 'blue',
    NAME: 'two words',
    SIZE: 'large',
    OLD: 'old style',
  });
});

const stages = `
FROM node:24 AS base
WORKDIR /app
FROM base AS build
RUN npm ci && \\
    npm run build
FROM base AS web
COPY --from=build /app/dist ./dist
CMD ["node", "dist/web.js"]
FROM nginx AS static
`;

test('a stage is read with the stages that it starts from', () => {
  expect(read(stages, { target: 'web' })).toEqual({
    command: ['node', 'dist/web.js'],
    directory,
    environment: {},
    skipped: ['COPY --from=build /app/dist ./dist'],
  });
});

test('steps of a build and files that move are listed as skipped', () => {
  write('dist/web.js');
  write('package.json');
  const image = read(
    'FROM node\nWORKDIR /app\nCOPY package*.json ./\nCOPY package.json dist/web.js ./\nCOPY dist ./dist\n' +
      'COPY dist /app\nRUN npm ci\nCMD node web.js',
  );
  expect(image.skipped).toEqual(['RUN npm ci', 'COPY package.json dist/web.js ./', 'COPY dist /app']);
});

test('another base than Node.js is refused, with the remedy', () => {
  expect(() => read(stages)).toThrow(
    /Dockerfile cannot be run: its base image is nginx, .* Base it on an image of Node\.js, such as public\.ecr\.aws/,
  );
});

test('an image without a command is refused, with the remedy', () => {
  expect(() => read('FROM node')).toThrow(/Dockerfile has no CMD\. Add one, or state the command/);
});

test('a stage that does not exist is refused', () => {
  expect(() => read(stages, { target: 'worker' })).toThrow('Dockerfile cannot be run: it has no stage worker.');
});

test('without a Dockerfile the container definition must have a command', () => {
  const asset = { directory, dockerfile: join(directory, 'Dockerfile'), buildArgs: {} };
  expect(processImage(asset, { command: ['node', 'x.js'] }, '/usr/bin').command).toEqual(['node', 'x.js']);
  expect(() => processImage(asset, {}, '/usr/bin')).toThrow('and the container definition has no command');
});
