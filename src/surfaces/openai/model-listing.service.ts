import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { DomainError } from '../../common/domain-error.js';
import { type CatalogModel, CatalogService, isAllowed } from '../../models/index.js';
import { RelayService } from '../../relay/index.js';
import type { ModelDto } from './models.dto.js';
import { toModel } from './models.mapper.js';

/** The catalog as one caller sees it: their models, their prices, what can be served now. */
@Injectable()
export class ModelListing {
  constructor(
    private readonly catalog: CatalogService,
    private readonly relay: RelayService,
  ) {}

  list(caller: Caller): ModelDto[] {
    const { catalog } = this.catalog.current();
    return catalog.availableTo(caller.models).map((model) => this.toModel(caller, model));
  }

  /** @throws DomainError `model_not_found`, also for a model this key may not use */
  getOrThrow(caller: Caller, name: string): ModelDto {
    const model = this.find(name);
    if (model && isAllowed(model, caller.models)) return this.toModel(caller, model);
    throw new DomainError('model_not_found', 'There is no such model.', { param: 'model' });
  }

  /** Some clients name a model with its owner before it: `openai/gpt-image-2`. */
  private find(name: string): CatalogModel | undefined {
    const { catalog } = this.catalog.current();
    const [, owner, bare] = /^([a-z0-9-]+)[/:](.+)$/.exec(name) ?? [];
    const owned = bare === undefined ? undefined : catalog.find(bare);
    return catalog.find(name) ?? (owned?.ownedBy === owner ? owned : undefined);
  }

  private toModel({ priceFactor }: Caller, model: CatalogModel): ModelDto {
    const available = model.lifecycle !== 'retired' && this.relay.availability(model.name);
    return toModel(model, { available, priceFactor });
  }
}
