import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { announceReady } from '../ready.js';

/** The least that an endpoint of this framework does: a JSON body in, the same out. */
@Controller('v1/images/generations')
class EchoController {
  @Post()
  @HttpCode(200)
  echo(@Body() body: object): object {
    return body;
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const app = await NestFactory.create(EchoModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as Server;
server.keepAliveTimeout = 120_000;
announceReady({ port: (server.address() as AddressInfo).port });
