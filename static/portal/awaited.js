// The works a person waits for, shared by all pages of the portal: from when a work is seen running
// until its result is downloaded or its line is removed. A work is named by its key, such as
// "archive-12". `told` is whether a notice of it was shown for its full time.

const STORAGE_KEY = "works-awaited";

export const keyOf = ({ kind, id }) => `${kind}-${id}`;

/** A Map of key -> {told}. */
export function awaited() {
  try {
    return new Map(JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? []);
  } catch {
    return new Map();
  }
}

export function storeAwaited(works) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify([...works]));
  } catch {
    // Without storage, the page where the work began still tells how it ended.
  }
}

export function expectWork(key) {
  storeAwaited(awaited().set(key, { told: false }));
}

export function forget(key) {
  const remaining = awaited();
  remaining.delete(key);
  storeAwaited(remaining);
}

/** Show no more notice of the work; the tray goes on listing it. */
export function markTold(key) {
  const all = awaited();
  if (all.has(key)) storeAwaited(all.set(key, { told: true }));
}
