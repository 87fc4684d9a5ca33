import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK_COUNT, Acks } from '../src/acks.js';

test('An acknowledgement is due once, and urgent when many are', () => {
  const acks = new Acks();
  assert.equal(acks.due(0), null);
  assert.equal(acks.due(3), 3);
  assert.equal(acks.isUrgent(ACK_COUNT - 1), false);
  assert.equal(acks.isUrgent(ACK_COUNT), true);
  acks.said(3);
  assert.equal(acks.due(3), null);
});

test('While another connection is to take over, nothing beyond its position is said', () => {
  const acks = new Acks();
  acks.said(2);
  acks.holdAt(5);
  acks.holdAt(9);
  assert.equal(acks.due(9), 5, 'a second try of the handover does not lift the first');
  acks.attach(5);
  assert.equal(acks.due(9), 9);
});
