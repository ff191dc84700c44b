/**
 * Milliseconds of processor time that `work` takes: what else the machine does counts for little. A
 * bound on it stays far above what is needed, and far below what another order of growth would take.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
