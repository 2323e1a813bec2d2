import type { EventStream } from '../kernel/events.ts';
import type { Console } from './console.ts';

/** Prints the state changes of resources that have a label, and all notes. */
export function showProgress(events: EventStream, console: Console): void {
  events.on('event', (event) => {
    if (event.kind === 'note') return console.note(event.message);
    if (event.kind !== 'state' || event.resource.label === undefined) return;
    const { label, state, detail } = event.resource;
    if (state === 'starting' || state === 'updating') console.starting(label);
    else if (state === 'ready') console.ready(label, detail);
    else if (state === 'failed') console.failed(label);
    else if (state === 'stopped') console.stopped(label);
  });
}
