/** Keeps no process alive: what it interrupts may never be asked for again. @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
