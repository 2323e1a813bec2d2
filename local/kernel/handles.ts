/**
 * The running objects of one kind, by their `Ref` or ARN in the templates. The family that creates the objects owns the
 * handles and exports them to the families that use them.
 */
export class Handles<T> {
  readonly #kind: string;
  readonly #handles = new Map<string, T>();

  /** @param kind used in the error message of `get`, such as `target group` */
  constructor(kind: string) {
    this.#kind = kind;
  }

  set(ref: string, handle: T): void {
    this.#handles.set(ref, handle);
  }

  /** @throws Error if there is no such handle */
  get(ref: string): T {
    const handle = this.#handles.get(ref);
    if (handle === undefined) throw new Error(`There is no ${this.#kind} ${ref}: the local runtime does not run it.`);
    return handle;
  }

  find(ref: string | undefined): T | undefined {
    return ref === undefined ? undefined : this.#handles.get(ref);
  }

  delete(ref: string): void {
    this.#handles.delete(ref);
  }

  values(): readonly T[] {
    return [...this.#handles.values()];
  }
}
