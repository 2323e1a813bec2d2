import { STATUS_CODES } from 'node:http';

export interface FieldError {
  /** Path of the value at fault, such as `items/0/quantity`. */
  field: string;
  detail: string;
}

interface More {
  detail?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An answer that is not the one asked for, as RFC 9457 problem details. Thrown anywhere in a request. */
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

/** Something this service needs did not answer (503) or not in time (504); what went wrong is the `cause`. */
export class DependencyError extends Problem {
  override readonly name = 'DependencyError';
  readonly dependency: string;
  readonly timedOut: boolean;

  constructor(dependency: string, { timedOut = false, cause }: { timedOut?: boolean; cause?: unknown } = {}) {
    super(timedOut ? 504 : 503, undefined, {
      detail: `${dependency} ${timedOut ? 'did not answer in time' : 'is not available'}, try again later`,
      headers: { 'retry-after': '1' },
      cause,
    });
    this.dependency = dependency;
    this.timedOut = timedOut;
  }
}

/** There is more to do than can be done now; the same request may be sent again after `Retry-After`. */
export class OverloadError extends Problem {
  override readonly name = 'OverloadError';

  constructor(detail: string, cause: unknown) {
    super(503, undefined, { detail: `${detail}, try again later`, headers: { 'retry-after': '1' }, cause });
  }
}
