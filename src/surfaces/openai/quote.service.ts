import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { RelayService } from '../../relay/index.js';
import { aliasOf, ImageCommands, setIgnoredParameters } from '../../surface-kit/index.js';
import type { Exchange } from './image-answers.service.js';
import { PROFILES } from './profile.js';
import type { QuoteDto } from './quote.dto.js';
import { toQuote } from './quote.mapper.js';
import { readQuote } from './quote.reader.js';

/** Says what a request would cost, by the same checks as the request itself; moves nothing. */
@Injectable()
export class QuoteService {
  constructor(
    private readonly commands: ImageCommands,
    private readonly relay: RelayService,
  ) {}

  quote(caller: Caller, body: JsonObject, { request, response }: Exchange): QuoteDto {
    const profile = PROFILES[aliasOf(request) ?? caller.profile];
    const asked = readQuote(body, profile);
    const resolved = this.commands.resolve(caller, asked);
    setIgnoredParameters(response, [...resolved.ignored, ...asked.ignored]);
    const { mode, priceFactor } = caller;
    return toQuote(this.relay.quote({ mode, priceFactor, request: resolved }));
  }
}
