// The archives a person waits for, known across pages: from when they are seen running until they
// are downloaded or put away. `told` is whether a notice has been shown for its full time.

const KEY = "archives-awaited";

/** A Map of archive id -> {told}. */
export function awaited() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY)) ?? []);
  } catch {
    return new Map();
  }
}

export function keepAwaited(archives) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...archives]));
  } catch {
    // A browser that stores nothing still tells on the page where the build began.
  }
}

export function expectArchive(id) {
  keepAwaited(awaited().set(id, { told: false }));
}

export function forget(id) {
  const left = awaited();
  left.delete(id);
  keepAwaited(left);
}

/** Show no more notice of it; the tray goes on listing it. */
export function markTold(id) {
  const all = awaited();
  if (all.has(id)) keepAwaited(all.set(id, { told: true }));
}
