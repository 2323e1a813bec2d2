import type { Template } from './synth.ts';
import { synthesize } from './synth.ts';

/** What the expected values of the tests depend on, by environment. */
export const environments = {
  dev: { sandbox: true, mailFrom: 'orders@dev.example.com' },
  staging: { sandbox: true, mailFrom: 'orders@staging.example.com' },
  prod: { sandbox: false, mailFrom: 'orders@example.com' },
  local: { sandbox: true, mailFrom: 'orders@local.example.com' },
};
export type EnvironmentName = keyof typeof environments;
export const environmentNames = Object.keys(environments) as EnvironmentName[];

export const stackNames = ['Firewall', 'Network', 'Data', 'Services', 'Edge', 'EdgeAlarms', 'Monitoring'] as const;

const { templates } = await synthesize();

/** The template of one stack of an environment. */
export function templateOf(environment: EnvironmentName, stack: (typeof stackNames)[number]): Template {
  const template = templates.get(`${environment}/${stack}`);
  if (!template) throw new Error(`No stack ${environment}/${stack}: there are ${[...templates.keys()].join(', ')}`);
  return template;
}
