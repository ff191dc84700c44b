/** The bytes of an answer break a rule; `message` names the rule and never quotes the bytes. */
export class MalformedAnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = MalformedAnswerError.name;
  }
}
