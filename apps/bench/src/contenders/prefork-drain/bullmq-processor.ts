// oxlint-disable-next-line import/no-default-export -- BullMQ asks for one
export default async function noop(): Promise<null> {
  return null;
}
