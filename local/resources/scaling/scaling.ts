import type { Handles } from '../../kernel/handles.ts';
import type { Service } from '../ecs/scheduler/service.ts';
import { scalableTarget } from './scalable-target.ts';

/** Application Auto Scaling of services. */
export function scaling({ services }: { readonly services: Pick<Handles<Pick<Service, 'desired' | 'scale'>>, 'get'> }) {
  return { definitions: [scalableTarget(services)] };
}
