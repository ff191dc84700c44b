import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import { type CatalogModel, CatalogService, type Operation } from '../../../models/index.js';
import { RelayService } from '../../../relay/index.js';
import type { Language } from '../messages/language.js';
import type { EditModelDto, ImageModelDto } from './models.dto.js';
import { type ModelFacts, toEditModel, toImageModel } from './models.mapper.js';

/** Who asks: anybody, or a caller with models and prices of their own. */
export interface ModelAsker {
  readonly caller: Caller | null;
  readonly language: Language;
}

/** The catalog as anybody, or one caller, may see it. */
@Injectable()
export class ModelListing {
  constructor(
    private readonly catalog: CatalogService,
    private readonly relay: RelayService,
  ) {}

  generating(asker: ModelAsker): ImageModelDto[] {
    return this.list(asker, 'generate', toImageModel);
  }

  editing(asker: ModelAsker): EditModelDto[] {
    return this.list(asker, 'edit', toEditModel);
  }

  private list<T>(
    { caller, language }: ModelAsker,
    operation: Operation,
    toModel: (model: CatalogModel, facts: ModelFacts) => T,
  ): T[] {
    const { catalog } = this.catalog.current();
    const priceFactor = caller?.priceFactor ?? 1000;
    return catalog
      .availableTo(caller?.models ?? null)
      .filter(({ operations }) => operations.includes(operation))
      .map((model) => {
        const available = this.relay.availability(model.name);
        return toModel(model, { language, available, priceFactor });
      });
  }
}
