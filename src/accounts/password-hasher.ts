import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { invalidValue } from '../common/domain-error.js';
import { Turns } from './turns.js';

/** A hash takes 19 MiB and some 20 ms of a core: more at once would starve the requests. */
const MAX_CONCURRENT = 2;
/** About a second of hashing; whoever comes after that is told to come back. */
const MAX_WAITING = 100;
const MIN_LENGTH = 10;
/** Bytes. A megabyte of password would be hashed at our expense. */
const MAX_BYTES = 1024;

/** argon2id (the library's default parameters) for the passwords of people; API keys need none. */
@Injectable()
export class PasswordHasher {
  private readonly turns = new Turns(MAX_CONCURRENT, MAX_WAITING);
  private dummy: Promise<string> | undefined;

  /** @throws DomainError `invalid_value` for a password that is too short or absurdly long. */
  async hash(password: string): Promise<string> {
    const text = normalise(password);
    if (text.length < MIN_LENGTH || !isHashable(text)) {
      throw invalidValue('password', `A password has ${MIN_LENGTH} characters or more.`);
    }
    return this.turns.run(() => hash(text));
  }

  /**
   * Takes as long for an account that does not exist, or has no password
   * (`null`), as for a wrong password, so that timing reveals no addresses.
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const text = normalise(password);
    if (!isHashable(text)) return false;
    return this.turns.run(async () => {
      const dummy = await this.dummyHash();
      const matches = await verify(stored ?? dummy, text);
      return matches && stored !== null;
    });
  }

  /** Made once, before the first comparison of either kind. */
  private dummyHash(): Promise<string> {
    this.dummy ??= hash('the password of nobody');
    return this.dummy;
  }
}

/** The same password typed on two keyboards may differ in Unicode form only. */
function normalise(password: string): string {
  return password.normalize('NFKC');
}

function isHashable(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES;
}
