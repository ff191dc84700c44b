import { ApiProperty } from '@nestjs/swagger';

export class ErrorFactsDto {
  @ApiProperty({ description: 'For people.', example: 'There is no such model.' })
  message: string;

  @ApiProperty({
    enum: [
      'invalid_request_error',
      'image_generation_user_error',
      'insufficient_quota',
      'permission_error',
      'rate_limit_error',
      'server_error',
    ],
    example: 'invalid_request_error',
  })
  type: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'The field at fault, or which limit was met.',
    example: 'model',
  })
  param: string | null;

  @ApiProperty({ description: 'For programs; see the status.', example: 'model_not_found' })
  code: string;
}

/** Every failure on this surface. */
export class ErrorDto {
  @ApiProperty({ type: ErrorFactsDto })
  error: ErrorFactsDto;
}
