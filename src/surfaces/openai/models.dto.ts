import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class ModelPriceDto {
  @ApiProperty({ enum: ['1k', '2k', '4k'], example: '1k' })
  tier: string;

  @ApiPropertyOptional({ description: 'Absent: every quality.', example: 'high' })
  quality?: string;

  @ApiProperty({ description: 'Credits per image, as this account pays them.', example: 2 })
  credits: number;
}

/** A model, as OpenAI lists it, with what one must know to ask for it. */
export class ModelDto {
  @ApiProperty({ example: 'gpt-image-2' })
  id: string;

  @ApiProperty({ enum: ['model'] })
  object: 'model';

  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1776729600 })
  created: number;

  @ApiProperty({ example: 'openai' })
  owned_by: string;

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: null })
  shutdown_date: string | null;

  @ApiProperty({ enum: ['active', 'deprecated', 'retired'] })
  lifecycle: string;

  @ApiProperty({ description: 'Whether an upstream serves it now.' })
  available: boolean;

  @ApiProperty({ type: [String], example: ['1024x1024', '1536x1024', '1024x1536', 'auto'] })
  sizes: string[];

  @ApiProperty({ type: [String], example: ['auto', 'low', 'medium', 'high'] })
  qualities: string[];

  @ApiProperty({ type: [ModelPriceDto] })
  prices: ModelPriceDto[];

  @ApiProperty({ type: [String], example: ['image-generation'] })
  supported_endpoint_types: string[];
}

export class ModelListDto {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ModelDto] })
  data: ModelDto[];
}
