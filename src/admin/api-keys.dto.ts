import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { IsArray, IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import {
  KEY_MODES,
  KEY_STYLES,
  type KeyLimits,
  type KeyLimitsChange,
  type KeyMode,
  type KeyStyle,
  type Profile,
  PROFILES,
  type Scope,
  SCOPES,
} from '../api-keys/index.js';
import { IsMoment, IsText } from './fields.js';

const LIMITS_EXAMPLE = { requestsPerMinute: 60, concurrency: 4, creditsPerDay: 50 };

/** For the documents; which limits there are is checked where keys are. */
export class KeyLimitsDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  requestsPerMinute?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  concurrency?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  imagesPerDay?: number;

  @ApiPropertyOptional({ minimum: 0.001 })
  creditsPerDay?: number;

  @ApiPropertyOptional({ minimum: 0.001 })
  creditsPerMonth?: number;
}

export class CreateApiKeyDto {
  @IsText(100, 'shop-backend')
  name: string;

  @ApiPropertyOptional({ enum: KEY_STYLES, default: 'easel', description: 'How the secret looks.' })
  @IsOptional()
  @IsIn(KEY_STYLES)
  style?: KeyStyle;

  @ApiPropertyOptional({ enum: PROFILES, default: 'openai', description: 'Defaults on /v1.' })
  @IsOptional()
  @IsIn(PROFILES)
  profile?: Profile;

  @ApiPropertyOptional({ enum: KEY_MODES, default: 'live' })
  @IsOptional()
  @IsIn(KEY_MODES)
  mode?: KeyMode;

  @ApiPropertyOptional({ enum: SCOPES, isArray: true, nullable: true, description: 'Null: all.' })
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[] | null;

  @ApiPropertyOptional({ type: [String], nullable: true, description: 'Catalog names. Null: all.' })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  models?: string[] | null;

  @ApiPropertyOptional({ type: [String], nullable: true, example: ['203.0.113.0/24'] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  allowedCidrs?: string[] | null;

  @ApiPropertyOptional({ type: KeyLimitsDto, example: LIMITS_EXAMPLE })
  @IsOptional()
  @IsObject()
  limits?: KeyLimits;

  @IsOptional()
  @IsMoment()
  expiresAt?: Date | null;
}

/** What is left out stays; `null` lifts a restriction, also one of `limits`. */
export class PatchApiKeyDto extends PartialType(
  OmitType(CreateApiKeyDto, ['style', 'mode', 'limits'] as const),
) {
  @ApiPropertyOptional({ type: KeyLimitsDto, example: LIMITS_EXAMPLE })
  @IsOptional()
  @IsObject()
  limits?: KeyLimitsChange;
}

export class ApiKeyDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  accountId: string;

  @ApiProperty()
  name: string;

  @ApiProperty({
    description: 'The first characters of the secret.',
    example: 'sk-easel-live-Ab3d',
  })
  prefix: string;

  @ApiProperty({ enum: KEY_STYLES })
  style: KeyStyle;

  @ApiProperty({ enum: PROFILES })
  profile: Profile;

  @ApiProperty({ enum: KEY_MODES })
  mode: KeyMode;

  @ApiProperty({ enum: SCOPES, isArray: true, nullable: true, type: [String] })
  scopes: readonly Scope[] | null;

  @ApiProperty({ type: [String], nullable: true })
  models: readonly string[] | null;

  @ApiProperty({ type: [String], nullable: true })
  allowedCidrs: readonly string[] | null;

  @ApiProperty({ type: KeyLimitsDto })
  limits: KeyLimits;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  expiresAt: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  revokedAt: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  lastUsedAt: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({ description: 'Shown here and never again.' })
  secret: string;
}

export class ApiKeyListDto {
  @ApiProperty({ type: [ApiKeyDto] })
  data: ApiKeyDto[];
}
