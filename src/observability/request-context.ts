import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What the log says about the request beside its route; never a secret, prompt or body. */
export interface RequestFacts {
  /** Id of the API key, not its secret. */
  keyId?: string;
  generationId?: string;
}

interface RequestContext {
  readonly requestId: string;
  readonly facts: RequestFacts;
}

const storage = new AsyncLocalStorage<RequestContext>();

const CLIENT_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Runs `work`, and everything it starts, under a request id. A generation that
 * outlives its request keeps the id, so its log records still name the cause.
 */
export function runWithRequest<T>(requestId: string, work: () => T): T {
  return storage.run({ requestId, facts: {} }, work);
}

/** The id of the request being served, or `null` in background work. */
export function currentRequestId(): string | null {
  return storage.getStore()?.requestId ?? null;
}

/** Adds to the request's one log line, e.g. once the key is known. Does nothing in background work. */
export function annotateRequest(facts: RequestFacts): void {
  const context = storage.getStore();
  if (context) Object.assign(context.facts, facts);
}

/** What has been annotated so far. */
export function requestFacts(): Readonly<RequestFacts> {
  return storage.getStore()?.facts ?? {};
}

/**
 * The client's own id when it is short and plain, so that both sides can search
 * for it; otherwise a new one, so that nothing odd is echoed into a header or log.
 */
export function chooseRequestId(sent: unknown): string {
  return typeof sent === 'string' && CLIENT_REQUEST_ID.test(sent) ? sent : randomUUID();
}
