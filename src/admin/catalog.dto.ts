import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsCount } from './fields.js';

const MODELS = {
  type: 'array',
  items: { type: 'object', additionalProperties: true },
  description: 'As in config/catalog.yaml; config/catalog.schema.json says what a model has.',
} as const;

export class CatalogDto {
  @ApiProperty({ type: 'integer', description: 'The version in force.', example: 3 })
  version: number;

  @ApiProperty(MODELS)
  models: readonly unknown[];
}

export class PublishCatalogDto {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'The version this document was made from: another one in force is a 409.',
  })
  version?: number;

  @ApiProperty(MODELS)
  models: readonly unknown[];
}

export class VersionsQueryDto {
  @IsCount(1, 100, 20)
  limit: number = 20;
}

export class CatalogVersionDto {
  @ApiProperty({ type: 'integer' })
  version: number;

  @ApiProperty({ description: 'Who published it.', example: 'admin' })
  source: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Null: in force.',
  })
  supersededAt: string | null;
}

export class CatalogVersionListDto {
  @ApiProperty({ type: [CatalogVersionDto] })
  data: CatalogVersionDto[];
}
