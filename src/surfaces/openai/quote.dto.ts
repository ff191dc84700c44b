import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { CreateImageDto } from './create-image.dto.js';
import { PriceLineDto } from './price-line.dto.js';

/** Body of `POST /v1/images/quote`: that of the request to be priced. */
export class QuoteRequestDto extends OmitType(CreateImageDto, ['stream'] as const) {
  @ApiPropertyOptional({
    enum: ['generate', 'edit'],
    description: 'Without it: edit when there are images, a mask or input_fidelity, else generate.',
  })
  operation?: string;

  @ApiPropertyOptional({
    oneOf: [
      { type: 'integer', minimum: 1 },
      { type: 'array', items: {} },
    ],
    description: 'Of an edit: its images as in the JSON form, or only how many there will be.',
  })
  images?: unknown;

  @ApiPropertyOptional({
    oneOf: [{ type: 'boolean' }, { type: 'object' }],
    description: 'Of an edit: whether it has a mask.',
  })
  mask?: unknown;
}

/** Answer of `POST /v1/images/quote`. Amounts are credits with at most three decimals. */
export class QuoteDto {
  @ApiProperty({ description: 'What would be held, in all.', example: 4 })
  credits: number;

  @ApiProperty({ description: 'The same for one image.', example: 2 })
  unit_credits: number;

  @ApiProperty({ enum: ['1k', '2k', '4k'], description: 'Size class asked for.', example: '1k' })
  tier: string;

  @ApiProperty({ example: 'high' })
  quality: string;

  @ApiProperty({ type: 'integer', description: 'Number of images.', example: 2 })
  n: number;

  @ApiProperty({ type: 'integer', description: 'Version of the price list.', example: 1 })
  catalog_version: number;

  @ApiProperty({ type: [PriceLineDto], description: 'They add up to credits.' })
  lines: PriceLineDto[];
}
