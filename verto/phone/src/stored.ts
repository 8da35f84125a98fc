// What this browser, or this tab, keeps.

/** Reads what was kept; what is not there, or cannot be read, is as if nothing had been. */
export function load<T>(where: Storage, key: string, otherwise: T): T {
  try {
    return (JSON.parse(where.getItem(key) ?? 'null') as T | null) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(where: Storage, key: string, value: unknown) {
  where.setItem(key, JSON.stringify(value));
}
