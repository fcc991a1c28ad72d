import assert from 'node:assert/strict';
import test from 'node:test';
import { contentTopicOf, partyKeyOf, proofOf, randomPartyName, topicOf } from '../../../../src/sidecar/network/partyProof.ts';

const hash = Buffer.alloc(64, 1);
const key = Buffer.alloc(32, 2);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('a topic is 32 bytes, the same for every way to type a name', () => {
  assert.equal(topicOf('techno').byteLength, 32);
  assert.deepEqual(topicOf('  techno\n'), topicOf('techno'));
  assert.deepEqual(topicOf('Caf\u00e9'), topicOf('Cafe\u0301'));
  assert.notDeepEqual(topicOf('techno'), topicOf('Techno'));
});

test('topic, key and proof stay what they are: other implementations rely on them', () => {
  assert.equal(hex(topicOf('techno')), vectors.topic);
  assert.equal(hex(partyKeyOf('techno')), vectors.key);
  assert.equal(hex(proofOf('techno', hash, key)), vectors.proof);
  assert.equal(hex(contentTopicOf('techno', key)), vectors.contentTopic);
});

test('a proof is good for its name, its connection and its prover only', () => {
  const proof = hex(proofOf('techno', hash, key));
  assert.notEqual(hex(proofOf('house', hash, key)), proof);
  assert.notEqual(hex(proofOf('techno', Buffer.alloc(64, 3), key)), proof);
  assert.notEqual(hex(proofOf('techno', hash, Buffer.alloc(32, 3))), proof);
});

test('the topic does not give away the key', () => {
  assert.notEqual(hex(topicOf('techno')), hex(partyKeyOf('techno')));
});

test('a content has another topic in every party', () => {
  assert.deepEqual(contentTopicOf(' techno', key), contentTopicOf('techno', key));
  assert.notEqual(hex(contentTopicOf('house', key)), vectors.contentTopic);
  assert.notEqual(hex(contentTopicOf('techno', Buffer.alloc(32, 3))), vectors.contentTopic);
});

test('a random name has 128 bits in 26 characters', () => {
  assert.match(randomPartyName(), /^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/);
  assert.notEqual(randomPartyName(), randomPartyName());
});

/** Made with Python's hashlib.blake2b(data, digest_size=32, key=namespace), which is RFC 7693. */
const vectors = {
  topic: 'dc72552eb39681b568b15dac2c5b3903efaa3673c26c97f7db75804e7f2a9c94',
  key: '649163eb3abfd61e8eb6cb4a41a955ddc3905fcfc6717ae03fa14d465d1a9fe8',
  proof: '447230f3e7392f8da46a61e11fe03e39e45972d191a18b046e524f11d120aa0a',
  contentTopic: 'e5b1db869df1ab5e7053a5b03166d4f679d810a1a26f74fafea5a14b9a5593d1',
};
