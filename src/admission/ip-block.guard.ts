import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { IpBlocks } from './ip-blocks.service.js';

/** Stands before handlers that make images: `@UseGuards(IpBlockGuard)`. */
@Injectable()
export class IpBlockGuard implements CanActivate {
  constructor(private readonly blocks: IpBlocks) {}

  /** @throws DomainError `ip_not_allowed` */
  canActivate(context: ExecutionContext): boolean {
    this.blocks.refuse(context.switchToHttp().getRequest<{ readonly ip?: string }>().ip);
    return true;
  }
}
