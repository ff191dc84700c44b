import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ICON } from './icon.js';
import { STYLESHEET } from './stylesheet.js';

/** A new release is seen within this time. */
const CACHE_CONTROL = 'public, max-age=300';

/** What pages load: from here, and from nowhere else. */
@ApiTags('pages')
@Controller('assets')
export class AssetsController {
  @Get('pages.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', CACHE_CONTROL)
  @ApiOperation({ operationId: 'getStylesheet', summary: 'Get the stylesheet of the pages' })
  @ApiOkResponse({ description: 'The stylesheet.', content: { 'text/css': {} } })
  stylesheet(): string {
    return STYLESHEET;
  }

  @Get('easel.svg')
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cache-Control', CACHE_CONTROL)
  @ApiOperation({ operationId: 'getIcon', summary: 'Get the icon of the pages' })
  @ApiOkResponse({ description: 'The icon.', content: { 'image/svg+xml': {} } })
  icon(): string {
    return ICON;
  }
}
