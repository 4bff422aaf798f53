// What is typed as an amount or a seed. Pure.

/** What is no number goes to the API as it is: it says what is wrong. */
export function asNumber(text) {
  const plain = text.trim().replace(",", ".");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

/** Of a share the API speaks as of 0 to 1, people as of percent.
 * @throws {Error} whose message can be shown */
export function asAmount(text, { isShare }) {
  const amount = asNumber(text);
  const isPercentage = typeof amount === "number" && amount > 0 && amount <= 100;
  if (isShare && !isPercentage) {
    throw new Error("How many frames to take must be a percentage above 0 and at most 100.");
  }
  return amount;
}

/** More of the same: what is too much of a share is all. What is no amount stays none. */
export function added(before, more, { isShare }) {
  if (isShare) return Math.min(before + more, 100);
  return Number.isInteger(more) && more > 0 ? before + more : more;
}

export function share(percent) {
  return Number((percent / 100).toPrecision(12));
}
