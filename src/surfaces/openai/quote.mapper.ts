import { toWireCredits } from '../../common/credits.js';
import type { RelayService } from '../../relay/index.js';
import type { PriceLineDto } from './price-line.dto.js';
import type { QuoteDto } from './quote.dto.js';

type Quote = ReturnType<RelayService['quote']>;

export function toQuote(quote: Quote): QuoteDto {
  return {
    credits: toWireCredits(quote.credits),
    unit_credits: toWireCredits(quote.unitCredits),
    tier: quote.tier,
    quality: quote.quality,
    n: quote.count,
    catalog_version: quote.catalogVersion,
    lines: quote.lines.map(toPriceLine),
  };
}

export function toPriceLine({
  label,
  quantity,
  unit,
  amount,
}: Quote['lines'][number]): PriceLineDto {
  return { label, quantity, unit: toWireCredits(unit), amount: toWireCredits(amount) };
}
