/** Headers that RabbitMQ adds: published again they make it drop the message as a cycle, or pass for a count of its own. */
export const BROKER_HEADERS: RegExp =
  /^x-(death|(first|last)-death-(exchange|queue|reason)|delivery-count|acquired-count)$/;
