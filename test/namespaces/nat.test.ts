// Real sidecars behind real routers (nftables in network namespaces), each pair of NATs once; bench/nat.ts tries each often.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ended, seen } from '../integration/world.ts';
import { natCases } from './natCases.ts';
import { createInternet, diagnosisOf, meet, natOf } from './natWorld.ts';
import { browsable, download, MiB, received } from './scene.ts';
import { createNetWorld, whyNot } from './world.ts';

const skip = whyNot() ?? false;

for (const given of natCases) {
  const outcome = given.path === undefined ? 'do not meet, and are told why' : `meet: ${given.path}`;
  test(`two peers ${outcome}: ${given.name}`, { skip, timeout: 200_000 }, async (t) => {
    const internet = await createInternet(createNetWorld(t));
    const { one, two, ms, browsableMs, whyNotMs, content, peer, nats } = await meet(
      internet,
      [internet.home(given.kinds[0]), internet.home(given.kinds[1])],
      given,
      { bytes: MiB },
    );
    assert.deepEqual(
      nats,
      given.kinds.map((kind) => natOf[kind]),
    );
    if (given.path === undefined) {
      assert.equal(ms, undefined, 'they met');
      assert.ok(whyNotMs !== undefined, 'nobody was told why');
      t.diagnostic(`told why not after ${Math.round(whyNotMs)} ms`);
      const texts = (await Promise.all([one, two].map(diagnosisOf))).flatMap(({ findings }) => findings);
      const [why] = texts.filter(({ text }) => /is not reached: both your network and theirs choose ports at random/.test(text));
      assert.match(why?.advice ?? '', /Allow relays/);
      return;
    }
    assert.ok(ms !== undefined && browsableMs !== undefined, 'they never met');
    t.diagnostic(`${Math.round(ms)} ms, browsable after ${Math.round(browsableMs)} ms, ${peer?.path} (${peer?.pathReason})`);
    assert.equal(peer?.path, given.path);
    assert.ok(given.reasons.includes(peer?.pathReason ?? 'unknown'), peer?.pathReason);
    const report = await diagnosisOf(two);
    assert.equal(report.peers[0]?.path, given.path);
    assert.ok(report.findings.some(({ area, state }) => area === 'bootstrap' && state === 'good'));
    assert.ok(await seen(one, two));
    assert.equal((await ended(two, await download(two, one, await browsable(two, one)))).state, 'done');
    assert.ok(received(two).equals(content));
  });
}
