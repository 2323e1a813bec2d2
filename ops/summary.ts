import type { Letter } from './letter.ts';

const longest = 120;

/** Describes letters, those with the same failure together, the most frequent first. */
export function summarize(letters: readonly Letter[], now: Date): string {
  const groups = Map.groupBy(letters, ({ type, failure }) => `${type}\n${failure}`);
  const sorted = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return sorted
    .map((group) => {
      const [{ type, failure, message }] = group as [Letter];
      const oldest = Math.min(...group.map(({ sentAt }) => sentAt.getTime()));
      const redriven = Math.max(...group.map(({ history }) => history.length));
      const facts = [
        `oldest ${age(now.getTime() - oldest)}`,
        ...(redriven === 0 ? [] : [`redriven before, up to ${redriven === 1 ? 'once' : `${redriven} times`}`]),
        `such as ${message.MessageId}`,
      ];
      const text = failure.length > longest ? `${failure.slice(0, longest)}…` : failure;
      return `${String(group.length).padStart(6)}  ${type}: ${text.replaceAll(/\s+/g, ' ')}\n        ${facts.join(', ')}`;
    })
    .join('\n');
}

function age(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
