import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText, scriptedPage, stillPage } from '../../../src/extension/page.ts';
import { policyOf } from './policy.ts';

const assets = { nonce: 'n', scriptUri: 'https://x/"><script>', styleUri: 'https://x/s.css', source: "'self' https://x" };

test('a page without a script has its own style, and nothing else counts', () => {
  const page = stillPage({ title: '<b>', style: 'p {}', body: '<p></p>', nonce: 'n' });
  assert.equal(policyOf(page), "default-src 'none'; style-src 'nonce-n'; base-uri 'none'; form-action 'none'");
  assert.match(page, /<html lang="en">[^]*<title>&#60;b&#62;<\/title>/);
  assert.doesNotMatch(page, /<script/);
});

test('a page with a script runs ours alone, and an address cannot end its attribute', () => {
  const page = scriptedPage({ title: 'x', body: '', assets: { ...assets, session: 's"<' }, policy: ['img-src blob:'] });
  assert.equal(
    policyOf(page),
    "default-src 'none'; style-src 'self' https://x; script-src 'nonce-n'; img-src blob:; base-uri 'none'; form-action 'none'",
  );
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.match(page, /data-session="s&#34;&#60;"/);
});

test('no character of a text is markup', () => {
  assert.equal(escapeText(`<a href="x" title='y'>&`), '&#60;a href=&#34;x&#34; title=&#39;y&#39;&#62;&#38;');
});
