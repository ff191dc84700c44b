import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import { applyFactor, toWireCredits } from '../../../common/credits.js';
import { type CatalogModel, CatalogService } from '../../../models/index.js';
import { RelayService } from '../../../relay/index.js';
import { StrictFields } from '../../../surface-kit/index.js';
import { MODELS_OUTPUT, NO_INPUT } from '../schemas.js';
import type { McpTool, ToolCall } from '../tool.js';
import { asJson } from './as-json.js';

@Injectable()
export class ListModelsTool implements McpTool {
  readonly definition: McpTool['definition'] = {
    name: 'list_models',
    title: 'List models',
    description: 'The models this key may use: what each takes, and what a picture costs.',
    inputSchema: NO_INPUT,
    outputSchema: MODELS_OUTPUT,
    annotations: { readOnlyHint: true },
  };
  readonly scope = null;
  readonly makesImages = false;

  constructor(
    private readonly catalog: CatalogService,
    private readonly relay: RelayService,
  ) {}

  run({ caller, sent }: ToolCall) {
    new StrictFields(sent).refuseProblems();
    const { catalog } = this.catalog.current();
    const models = catalog.availableTo(caller.models).map((model) => this.toModel(caller, model));
    return Promise.resolve(asJson({ models }));
  }

  private toModel({ priceFactor }: Caller, model: CatalogModel) {
    return {
      name: model.name,
      owned_by: model.ownedBy,
      available: this.relay.availability(model.name),
      operations: [...model.operations],
      sizes: sizesOf(model),
      aspect_ratios: [...model.aspectRatios.keys()],
      qualities: [...model.options.quality],
      output_formats: [...model.options.outputFormat],
      max_n: model.countMax,
      max_input_images: model.inputs.images,
      prices: pricesOf(model, priceFactor),
    };
  }
}

function sizesOf({ sizes }: CatalogModel): string[] {
  const named = sizes.list.map(({ width, height }) => `${width}x${height}`);
  return sizes.autoTier === null ? named : [...named, 'auto'];
}

function pricesOf({ prices }: CatalogModel, priceFactor: number) {
  return [...prices].flatMap(([operation, byQuality]) =>
    [...byQuality].flatMap(([quality, tiers]) =>
      Object.entries(tiers).map(([tier, milli]) => ({
        operation,
        quality,
        tier,
        credits: toWireCredits(applyFactor(BigInt(milli), priceFactor)),
      })),
    ),
  );
}
