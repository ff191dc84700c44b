import { ApiProperty } from '@nestjs/swagger';
import { ImageDto } from './images.dto.js';
import { ErrorFactsDto } from './error.dto.js';

export class ReceiptLineDto {
  @ApiProperty({ example: '1k, high' })
  label: string;

  @ApiProperty({ type: 'integer', example: 2 })
  quantity: number;

  @ApiProperty({ description: 'Credits for one.', example: 2 })
  unit: number;

  @ApiProperty({ description: 'Credits for the line.', example: 4 })
  amount: number;
}

/** Why a generation cost what it cost. Amounts are credits with at most three decimals. */
export class ReceiptDto {
  @ApiProperty({ description: 'Charged for the images delivered.', example: 4 })
  captured: number;

  @ApiProperty({ description: 'Set aside when it was accepted.', example: 4 })
  held: number;

  @ApiProperty({ description: 'Given back of what was set aside.', example: 0 })
  released: number;

  @ApiProperty({ description: 'Given back later by the operator.', example: 0 })
  refunded: number;

  @ApiProperty({ type: 'integer', description: 'Version of the price list.', example: 1 })
  catalog_version: number;

  @ApiProperty({
    type: 'integer',
    description: 'Thousandths of the list price this account pays.',
    example: 1000,
  })
  price_factor: number;

  @ApiProperty({ enum: ['1k', '2k', '4k'], description: 'Size class asked for.', example: '1k' })
  tier: string;

  @ApiProperty({ example: 'high' })
  quality: string;

  @ApiProperty({ type: [ReceiptLineDto] })
  lines: ReceiptLineDto[];
}

/** Answer of `GET /v1/images/{id}`. */
export class GenerationDto {
  @ApiProperty({ format: 'uuid', example: '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293' })
  id: string;

  @ApiProperty({ enum: ['image.generation'] })
  object: 'image.generation';

  @ApiProperty({ enum: ['pending', 'processing', 'succeeded', 'failed', 'canceled'] })
  status: string;

  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created: number;

  @ApiProperty({ description: 'The name the request used.', example: 'easel-sketch' })
  model: string;

  @ApiProperty({ type: [ImageDto], description: 'Empty until succeeded.' })
  data: ImageDto[];

  @ApiProperty({ type: ErrorFactsDto, nullable: true, description: 'Why it failed.' })
  error: ErrorFactsDto | null;

  @ApiProperty({ type: ReceiptDto })
  receipt: ReceiptDto;
}
