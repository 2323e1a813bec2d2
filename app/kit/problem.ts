import { STATUS_CODES } from 'node:http';

export interface FieldError {
  /** Path of the invalid value, such as `items/0/quantity`. */
  field: string;
  detail: string;
}

interface More {
  detail?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error response, as RFC 9457 problem details. May be thrown anywhere in a request. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(status: number, title: string = STATUS_CODES[status] ?? 'Error', more: More = {}) {
    super(more.detail ? `${title}: ${more.detail}` : title, { cause: more.cause });
    this.status = status;
    this.title = title;
    this.detail = more.detail;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  toJSON() {
    return { type: 'about:blank', title: this.title, status: this.status, detail: this.detail, errors: this.errors };
  }
}

/** Returns the 400 of a request with one wrong field: `fault` says what is wrong with it, `detail` what to do. */
export const invalidField = (field: string, fault: string, detail: string): Problem =>
  new Problem(400, 'Invalid request', { detail, errors: [{ field, detail: fault }] });

/** A dependency is not available (503) or did not respond in time (504); the `cause` says why. */
export class DependencyError extends Problem {
  override readonly name = 'DependencyError';
  readonly dependency: string;
  readonly timedOut: boolean;

  constructor(dependency: string, { timedOut = false, cause }: { timedOut?: boolean; cause?: unknown } = {}) {
    super(timedOut ? 504 : 503, undefined, {
      detail: `${dependency} ${timedOut ? 'did not respond in time' : 'is not available'}, try again later`,
      headers: { 'retry-after': '1' },
      cause,
    });
    this.dependency = dependency;
    this.timedOut = timedOut;
  }
}

/** The title of an OverloadError, by which a caller tells a service that is alive from one that is down. */
export const overloaded = 'Overloaded';

/** More work arrives than can be done now; the same request may be sent again after `Retry-After`. */
export class OverloadError extends Problem {
  override readonly name = 'OverloadError';

  constructor(detail: string, cause: unknown) {
    super(503, overloaded, { detail: `${detail}, try again later`, headers: { 'retry-after': '1' }, cause });
  }
}
