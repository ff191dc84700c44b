import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AdmissionService, BlockedTerms } from '../admission/index.js';
import type { Caller } from '../api-keys/index.js';
import {
  CatalogService,
  type ImageParameters,
  type ResolvedRequest,
  type ResolveOptions,
} from '../models/index.js';
import { currentRequestId } from '../observability/request-context.js';
import type { RelayCommand } from '../relay/index.js';
import { idempotencyKeyOf, isRepeat, maxCreditsOf, mayJoin } from './request-facts.js';

/** A request for images as it was read, and what it is recognised by when it comes again. */
export interface AskedImages {
  readonly caller: Caller;
  /** The surface's own name; it is kept with the generation. */
  readonly surface: string;
  readonly profile: string;
  readonly visibility: RelayCommand['visibility'];
  readonly asked: { readonly parameters: ImageParameters; readonly options: ResolveOptions };
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
  toCommand(images: AskedImages, request: Pick<Request, 'headers'>): RelayCommand {
    const { caller, surface, profile, visibility, asked, fingerprint, waits } = images;
    return {
      accountId: caller.accountId,
      apiKeyId: caller.keyId,
      mode: caller.mode,
      priceFactor: caller.priceFactor,
      caps: this.admission.caps(caller),
      surface,
      profile,
      visibility,
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
