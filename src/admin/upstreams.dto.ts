import { ApiProperty } from '@nestjs/swagger';

/** Why a model is passed over at an upstream at the moment. */
export class UpstreamHealthDto {
  @ApiProperty({ example: 'gpt-image-2' })
  model: string;

  @ApiProperty({ example: 'rate_limited' })
  reason: string;
}

/** An upstream without its key, which no API returns. */
export class UpstreamDto {
  @ApiProperty({ example: 'openai' })
  name: string;

  @ApiProperty({ example: 'openai-compatible' })
  provider: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'https://api.openai.com/v1' })
  baseUrl: string | null;

  @ApiProperty()
  enabled: boolean;

  @ApiProperty({ type: 'string', nullable: true, example: 'OPENAI_API_KEY is not set' })
  disabledReason: string | null;

  @ApiProperty({ type: 'integer', description: 'Higher is asked first.' })
  priority: number;

  @ApiProperty({ description: 'Share among upstreams of one priority.' })
  weight: number;

  @ApiProperty({ type: 'integer' })
  maxConcurrent: number;

  @ApiProperty({ type: 'integer', description: 'Generations this process has there now.' })
  inFlight: number;

  @ApiProperty({
    oneOf: [
      { type: 'array', items: { type: 'string' } },
      { type: 'string', enum: ['*'] },
    ],
  })
  models: readonly string[] | '*';

  @ApiProperty({ type: [UpstreamHealthDto], description: 'Empty: healthy.' })
  health: readonly UpstreamHealthDto[];

  @ApiProperty({ description: 'Draws demo pictures while the server is new.' })
  demo: boolean;
}

export class UpstreamListDto {
  @ApiProperty({ type: [UpstreamDto] })
  data: UpstreamDto[];
}
