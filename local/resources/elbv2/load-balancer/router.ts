import { compileCondition, type Condition, type Matcher, type RoutedRequest } from './conditions.ts';

export interface Rule<Action> {
  /** 1 to 50,000; the lowest is looked at first. */
  readonly priority: number;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

export interface Router<Action> {
  /** Throws when another rule of the listener has the same priority, as AWS does. */
  add(rule: Rule<Action>): void;
  /** The action of the first rule whose conditions hold, else the default action. */
  route(request: RoutedRequest): Action;
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html */
export function createRouter<Action>(defaultAction: Action): Router<Action> {
  const rules: { priority: number; action: Action; matchers: Matcher[] }[] = [];
  return {
    add({ priority, conditions, action }) {
      if (rules.some((rule) => rule.priority === priority)) {
        throw new Error(`Two rules of one listener have the priority ${priority}; give each its own.`);
      }
      rules.push({ priority, action, matchers: conditions.map(compileCondition) });
      rules.sort((a, b) => a.priority - b.priority);
    },
    route: (request) =>
      (rules.find((rule) => rule.matchers.every((matches) => matches(request))) ?? { action: defaultAction }).action,
  };
}
