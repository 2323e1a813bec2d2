import { compileCondition, type Condition, type Matcher, type RoutedRequest } from './conditions.ts';

export interface Rule<Action> {
  /** 1 to 50,000; the rule with the lowest one is tried first. */
  readonly priority: number;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

export interface Router<Action> {
  /**
   * Adds a rule, or replaces the one of the same id: each request sees either the earlier rule or the new one.
   * @throws Error when another rule of the listener has the same priority, as on AWS
   */
  set(id: string, rule: Rule<Action>): void;
  delete(id: string): void;
  setDefault(action: Action): void;
  /** Returns the action of the first rule whose conditions hold, else the default action. */
  route(request: RoutedRequest): Action;
}

interface CompiledRule<Action> {
  readonly id: string;
  readonly priority: number;
  readonly action: Action;
  readonly matchers: readonly Matcher[];
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html */
export function createRouter<Action>(initialDefault: Action): Router<Action> {
  let defaultAction = initialDefault;
  let rules: readonly CompiledRule<Action>[] = [];
  return {
    set(id, { priority, conditions, action }) {
      const others = rules.filter((rule) => rule.id !== id);
      if (others.some((rule) => rule.priority === priority)) {
        throw new Error(`Two rules of one listener have the priority ${priority}; give each its own.`);
      }
      const rule = { id, priority, action, matchers: conditions.map(compileCondition) };
      rules = [...others, rule].toSorted((a, b) => a.priority - b.priority);
    },
    delete(id) {
      rules = rules.filter((rule) => rule.id !== id);
    },
    setDefault(action) {
      defaultAction = action;
    },
    route(request) {
      const rule = rules.find(({ matchers }) => matchers.every((matches) => matches(request)));
      return rule ? rule.action : defaultAction;
    },
  };
}
