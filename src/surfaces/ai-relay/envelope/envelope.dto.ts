import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Every failure of the envelope routes; its HTTP status is 200. */
export class EnvelopeFailureDto {
  @ApiProperty({ type: 'object', additionalProperties: false, description: 'Always empty.' })
  data: object;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description:
      '10002: a field is not accepted. 12300: no such model, or it cannot do this. 12301: the AI ' +
      'call failed, nothing was charged. 12302: no id of a task. 12303: no such task. Anything ' +
      'else is the HTTP status that another API would have answered.',
    example: 10002,
  })
  code: number;

  @ApiProperty({ description: 'For people, by Accept-Language.', example: '缺少必填参数 prompt。' })
  message: string;

  @ApiPropertyOptional({ description: 'As in x-request-id.' })
  requestId?: string;

  @ApiProperty({ type: 'integer', description: 'Milliseconds since 1970.', example: 1795000000000 })
  timestamp: number;
}
