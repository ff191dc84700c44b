/** See folder-lock.mjs. */
export declare function processIdentity(pid: number): Promise<string | undefined>;

export declare function withFolderLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { onWait?: (holderPid: number) => void; timeoutMs: number },
): Promise<T>;
