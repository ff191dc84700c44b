/** What stopped a fetch. For operators; a caller never learns it. */
export type EgressReason =
  | 'bad_url'
  | 'not_public'
  | 'unresolvable'
  | 'unreachable'
  | 'bad_status'
  | 'bad_encoding'
  | 'too_large'
  | 'too_slow'
  | 'interrupted';

/**
 * A fetch of somebody else's URL that failed. The message is the same for every
 * cause, so that nobody can use us to look around inside a network; `reason` and
 * `cause` say more, in logs only.
 */
export class EgressError extends Error {
  constructor(
    readonly reason: EgressReason,
    options?: { cause?: unknown },
  ) {
    super('could not fetch image', options);
    this.name = EgressError.name;
  }
}
