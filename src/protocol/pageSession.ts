// What every message between a page of ours and its host bears: the page's session. Other pages, and whatever else speaks to a page, do not know it.

/** A message as it travels: `session` is a secret that only this page was given. */
export type OfSession<Message> = Message & { session: string };

/** Whether it is of this session; nothing is of one that is ''. */
export function isOfSession(value: unknown, session: string): value is Record<string, unknown> {
  return session !== '' && typeof value === 'object' && value !== null && 'session' in value && value.session === session;
}
