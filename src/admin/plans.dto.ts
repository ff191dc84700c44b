import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject } from 'class-validator';
import { PLAN_NAMES, type PlanName } from '../accounts/index.js';

/** A limit that is not named does not exist. Checked, with its field's name, by the accounts module. */
export class PlanLimitsDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Per account, all its keys.' })
  requestsPerMinute?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Generations at once.' })
  concurrency?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'By UTC days.' })
  imagesPerDay?: number;

  @ApiPropertyOptional({ minimum: 0.001, description: 'By UTC days.' })
  creditsPerDay?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'API keys not revoked.' })
  keys?: number;
}

export class PlanDto {
  @ApiProperty({ enum: PLAN_NAMES })
  name: PlanName;

  @ApiProperty({ type: PlanLimitsDto })
  limits: PlanLimitsDto;
}

export class PlanListDto {
  @ApiProperty({ type: [PlanDto] })
  data: PlanDto[];
}

export class PutPlanDto {
  @ApiProperty({
    type: PlanLimitsDto,
    description: 'All of them: what is left out is lifted.',
    example: { requestsPerMinute: 60, concurrency: 5 },
  })
  @IsObject()
  limits: PlanLimitsDto;
}
