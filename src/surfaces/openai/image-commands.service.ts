import { Injectable } from '@nestjs/common';
import { AdmissionService, BlockedTerms } from '../../admission/index.js';
import type { Caller } from '../../api-keys/index.js';
import { CatalogService, type ResolvedRequest } from '../../models/index.js';
import { currentRequestId } from '../../observability/request-context.js';
import type { RelayCommand } from '../../relay/index.js';
import { idempotencyKeyOf, isRepeat, maxCreditsOf, mayJoin } from '../../surface-kit/index.js';
import type { CreateImage } from './create-image.reader.js';
import type { Exchange } from './image-answers.service.js';

/** A request for images as it was read, and what it is recognised by when it comes again. */
export interface AskedImages {
  readonly caller: Caller;
  readonly profile: Caller['profile'];
  readonly asked: Pick<CreateImage, 'parameters' | 'options'>;
  /** SHA-256 of route and body, see `fingerprint`. */
  readonly fingerprint: Buffer;
  /** A connection waits for the end, if only for a while. */
  readonly waits: boolean;
}

/** Turns what was asked into a command: valid, allowed, priced, and with every limit of its caller. */
@Injectable()
export class ImageCommands {
  constructor(
    private readonly admission: AdmissionService,
    private readonly blockedTerms: BlockedTerms,
    private readonly catalog: CatalogService,
  ) {}

  /**
   * The request as the catalog understands it.
   *
   * @throws DomainError `invalid_value`, `model_not_found`, `model_not_allowed`,
   * `content_policy_violation` (a term the operator blocks)
   */
  resolve(caller: Caller, { parameters, options }: AskedImages['asked']): ResolvedRequest {
    const allowed = caller.models;
    const resolved = this.catalog.resolveRequest(parameters, { ...options, allowed });
    this.admission.allowModel(caller, resolved.model, this.aliasesOf(resolved.model));
    this.blockedTerms.refuse(caller.accountId, resolved.prompt);
    return resolved;
  }

  /** @throws DomainError as `resolve`, and `invalid_value` for a header that cannot be read */
  toCommand(images: AskedImages, { request }: Pick<Exchange, 'request'>): RelayCommand {
    const { caller, profile, asked, fingerprint, waits } = images;
    return {
      accountId: caller.accountId,
      apiKeyId: caller.keyId,
      mode: caller.mode,
      priceFactor: caller.priceFactor,
      caps: this.admission.caps(caller),
      surface: 'openai',
      profile,
      visibility: 'private',
      request: this.resolve(caller, asked),
      fingerprint,
      idempotencyKey: idempotencyKeyOf(request),
      requestId: currentRequestId() ?? '',
      delivery: { mayJoin: mayJoin(request), waits, isRepeat: isRepeat(request) },
      maxHold: maxCreditsOf(request),
    };
  }

  private aliasesOf(model: string): readonly string[] {
    return this.catalog.current().catalog.find(model)?.aliases ?? [];
  }
}
