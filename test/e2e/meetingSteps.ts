// The steps of the walk in which a second person comes by an invite: a party is made, its link opened in a window of another user, who is asked
// and then seen; an invite is taken back; and whoever is blocked is gone.

import { until } from '../../scripts/localPeers.ts';
import type * as driver from '../vscode/driver.ts';
import { peersPane, peersRow, showPotluck, type Step, type World } from './walkWorld.ts';

const label = 'Photos of the trip';

/** The link on the page that shows a code, once it is another than the one before. */
async function shownLink(window: driver.Window, before: string): Promise<string> {
  let link = '';
  await until('the page with the link', async () => {
    const page = await window.webview('.qr svg');
    // The frame of the page before goes away meanwhile.
    link = await page
      .locator('pre')
      .last()
      .textContent()
      .then(
        (text) => text ?? '',
        () => '',
      );
    return link !== '' && link !== before;
  });
  if (!/^[a-z-]+:\/\/potluck\.potluck\/code#[a-z0-9]+$/.test(link)) throw new Error(`not a link: ${link}`);
  return link;
}

/** As the browser or a mail program would hand it over. VS Code itself asks first whether the extension may have it. */
async function openLink(window: driver.Window, link: string): Promise<void> {
  await window.runCommand('Developer: Open URL');
  await window.answer(link);
  const allowed = window.dialogButton('Open');
  const asked = window.page.locator('.monaco-dialog-box', { hasText: label });
  await allowed.or(asked).first().waitFor();
  if (await allowed.isVisible()) await allowed.click();
}

/** From the open pick of who may use it to the page with the code. */
async function makeInvite(window: driver.Window, who: string, before = ''): Promise<string> {
  await window.quickRow(who).click();
  await window.quickRow('A week').click();
  await window.answer(label);
  return shownLink(window, before);
}

const dialog = (window: driver.Window, text: string | RegExp) => window.page.locator('.monaco-dialog-box', { hasText: text });
const partyRowOf = (world: World) => peersPane(world).locator('.monaco-list-row', { hasText: /Party [a-z0-9]{4}…/ });

export const meetingSteps: readonly Step[] = [
  {
    name: 'a party is made with one click, and an invite to it is a page with a QR code',
    shot: 'invite',
    async run(world) {
      const { window } = world;
      await showPotluck(world);
      await window.runCommand('Potluck: Create a Party');
      const toast = window.toast('Party created.');
      await toast.locator('.monaco-button', { hasText: 'Invite…' }).click();
      world.kept.inviteLink = await makeInvite(window, 'One person');
      await partyRowOf(world).first().waitFor();
      return window;
    },
  },
  {
    name: 'its link in the window of another user asks before anything happens',
    shot: 'invite-question',
    async run(world) {
      const other = await world.other();
      await openLink(other.window, world.kept.inviteLink ?? '');
      const question = dialog(other.window, `Join "${label}", to which Grace invites you?`);
      await question.waitFor();
      for (const text of ['Name from its key:', 'All members learn your network address', 'It can be used until'])
        await question.filter({ hasText: text }).waitFor();
      return other.window;
    },
  },
  {
    name: 'refused, nothing happened; confirmed, both see each other in the party',
    shot: 'invited',
    async run(world) {
      const other = await world.other();
      await other.window.dialogButton('Cancel').click();
      if ((await other.client.request('parties/list', {})).length > 0) throw new Error('joined although refused');
      await openLink(other.window, world.kept.inviteLink ?? '');
      await other.window.dialogButton('Join').click();
      // The party has a random name: it is called what the invite called it.
      await other.window.toast(`You are in the party "${label}"`).waitFor({ timeout: 60_000 });
      await peersRow({ ...world, window: other.window }, label).waitFor({ timeout: 60_000 });
      await peersRow({ ...world, window: other.window }, 'Grace').waitFor({ timeout: 60_000 });
      await peersRow(world, 'Edsger').waitFor({ timeout: 60_000 });
      return other.window;
    },
  },
  {
    name: 'a party is called by what one likes, for oneself alone',
    shot: 'party-named',
    async run(world) {
      const other = await world.other();
      const theirs = { ...world, window: other.window };
      await other.window.contextMenu(peersRow(theirs, label), 'Name Party…');
      await other.window.answer('Our trip');
      await peersRow(theirs, 'Our trip').waitFor();
      const [party] = await other.client.request('parties/list', {});
      if (party?.label !== 'Our trip') throw new Error(`called ${String(party?.label)}`);
      await partyRowOf(world).first().waitFor();
      return other.window;
    },
  },
  {
    name: 'an invite that was taken back lets nobody in',
    shot: 'revoked',
    async run(world) {
      const { window } = world;
      const other = await world.other();
      await other.window.clearToasts();
      await window.contextMenu(partyRowOf(world).first(), 'Invite to Party…');
      const second = await makeInvite(window, 'Anyone with the link', world.kept.inviteLink);
      await window.runCommand('Potluck: Invites…');
      await window.quickRow('for anybody with the code').first().hover();
      await window.quickRow('for anybody with the code').first().locator('a.action-label[aria-label="Revoke"]').click();
      await window.dialogButton('Revoke').click();
      // The page went with it.
      await window.page.locator('.tab', { hasText: 'Invite' }).waitFor({ state: 'detached' });
      await openLink(other.window, second);
      await other.window.dialogButton('Join').click();
      await other.window.toast('did not let you in: the invite was taken back').waitFor({ timeout: 60_000 });
      return other.window;
    },
  },
  {
    name: 'who is blocked is gone, and so are we for it',
    shot: 'invite-blocked',
    async run(world) {
      const { window } = world;
      const other = await world.other();
      await window.contextMenu(peersRow(world, 'Edsger'), 'Block');
      await window.dialogButton('Block').click();
      await peersRow(world, 'Blocked').waitFor({ timeout: 60_000 });
      const theirs = { ...world, window: other.window };
      await peersRow(theirs, 'Grace')
        .filter({ hasText: /offline|never seen/ })
        .or(peersPane(theirs).getByText('Nobody else is here yet'))
        .first()
        .waitFor({ timeout: 60_000 });
      return window;
    },
  },
];
