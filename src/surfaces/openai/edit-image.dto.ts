import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { CreateImageDto } from './create-image.dto.js';

/** One image of an edit sent as JSON, or its mask. */
export class ImageRefDto {
  @ApiPropertyOptional({
    description: 'A data URL of at most 20,971,520 characters, or a public https address.',
    maxLength: 20_971_520,
  })
  image_url?: string;

  @ApiPropertyOptional({
    description:
      'Instead of image_url: an image of this account, by its own id or that of the generation ' +
      'whose first image it is. GET /v1/images/{id} names them.',
    format: 'uuid',
  })
  file_id?: string;
}

/** What both forms of an edit have, beside the images. */
class EditFieldsDto extends CreateImageDto {
  @ApiPropertyOptional({
    enum: ['low', 'high'],
    description: 'How closely to keep to the images, where a model can be told; else dropped.',
  })
  input_fidelity?: string;
}

/** Body of an edit as a form. Scalars are text; the fields may come in any order. */
export class EditImageFormDto extends EditFieldsDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'binary' },
    minItems: 1,
    maxItems: 16,
    description:
      'PNG, JPEG or WebP, at most 50 MiB and 50 megapixels each. image[] and image[0] are the same ' +
      'field. Where a picture was made (GPS) is removed, nothing else.',
  })
  image: string[];

  @ApiPropertyOptional({
    type: 'string',
    format: 'binary',
    description:
      'PNG with an alpha channel, as large as the first image, at most 4 MiB. The edit happens ' +
      'where it is transparent.',
  })
  mask?: string;
}

/** Body of an edit as JSON. */
export class EditImageDto extends EditFieldsDto {
  @ApiProperty({ type: [ImageRefDto], minItems: 1, maxItems: 16 })
  images: ImageRefDto[];

  @ApiPropertyOptional({
    type: ImageRefDto,
    description: 'PNG with an alpha channel, as large as the first image, at most 4 MiB.',
  })
  mask?: ImageRefDto;
}
