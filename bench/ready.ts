/** Tells the process that started this one that it serves, and where. */
export function announceReady(where: { readonly port: number }): void {
  process.stdout.write(`${JSON.stringify({ ready: where })}\n`);
}
