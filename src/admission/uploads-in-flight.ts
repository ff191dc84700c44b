import { Injectable } from '@nestjs/common';
import { PlansService } from '../accounts/index.js';
import type { Caller } from '../api-keys/index.js';
import { DomainError } from '../common/domain-error.js';

const RETRY_AFTER_SECONDS = 1;

/**
 * Bytes that each account is uploading to this process, against its plan's
 * `uploadBytesInFlight`. It bounds the disk and the sockets of one process, so
 * each process counts for itself.
 */
@Injectable()
export class UploadsInFlight {
  private readonly bytesOf = new Map<string, number>();

  constructor(private readonly plans: PlansService) {}

  /**
   * Counts an upload from its first byte on; what its sender says of its length
   * is counted at once.
   *
   * @param announced bytes, 0 where nothing was said
   * @throws DomainError `request_too_large` for what could never be let in,
   * `concurrency_limit_exceeded` while other uploads leave no room
   */
  begin({ accountId, plan }: Pick<Caller, 'accountId' | 'plan'>, announced: number): UploadMeter {
    const limit = this.plans.limitsOf(plan).uploadBytesInFlight ?? Infinity;
    if (announced > limit) throw tooLarge(limit);
    const meter = new UploadMeter((bytes) => this.take(accountId, limit, bytes));
    meter.count(announced);
    return meter;
  }

  /** @param bytes less than 0 gives them back */
  private take(accountId: string, limit: number, bytes: number): void {
    const total = (this.bytesOf.get(accountId) ?? 0) + bytes;
    if (bytes > 0 && total > limit) throw tooMuch(limit);
    if (total === 0) this.bytesOf.delete(accountId);
    else this.bytesOf.set(accountId, total);
  }
}

/** One upload's part of what its account has in flight. */
export class UploadMeter {
  private counted = 0;
  private received = 0;

  constructor(private readonly take: (bytes: number) => void) {}

  /** @throws DomainError `concurrency_limit_exceeded` */
  receive(bytes: number): void {
    this.received += bytes;
    if (this.received > this.counted) this.count(this.received - this.counted);
  }

  count(bytes: number): void {
    this.take(bytes);
    this.counted += bytes;
  }

  /** Gives everything back; safe to call twice. */
  end(): void {
    if (this.counted > 0) this.take(-this.counted);
    this.counted = 0;
    this.received = -Infinity;
  }
}

function tooLarge(limit: number): DomainError {
  return new DomainError(
    'request_too_large',
    `This account may have at most ${limit} bytes of uploads in flight.`,
    { param: 'upload_bytes_in_flight' },
  );
}

function tooMuch(limit: number): DomainError {
  return new DomainError(
    'concurrency_limit_exceeded',
    `This account is limited to ${limit} bytes of uploads in flight.`,
    { param: 'upload_bytes_in_flight', retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
