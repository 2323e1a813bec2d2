/**
 * The live objects of one kind, by the `Ref` or ARN that templates name them with. The family that makes them owns the
 * handles and exports them to the families that use them.
 */
export class Handles<T> {
  readonly #kind: string;
  readonly #handles = new Map<string, T>();

  /** @param kind for the error of `get`, such as `target group` */
  constructor(kind: string) {
    this.#kind = kind;
  }

  set(ref: string, handle: T): void {
    this.#handles.set(ref, handle);
  }

  /** @throws Error when there is none */
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
