import { expect, test } from 'vitest';
import { ledgerCsv, ledgerJson } from '../../src/ui/ledger/ledger-file.ts';

const entry = {
  address: '=cmd,"x"',
  host: 'hub.example',
  reason: 'model m',
  requests: 2,
  failures: 1,
  bytes: 9,
  at: '2026-01-01T00:00:00.000Z',
};

test('the ledger as CSV has a row per address, and no cell that is a formula', () => {
  expect(ledgerCsv([entry])).toBe(
    'address,host,reason,requests,failures,bytes,at\r\n' +
      '"\'=cmd,""x""",hub.example,model m,2,1,9,2026-01-01T00:00:00.000Z\r\n',
  );
});

test('the ledger as JSON reads back', () => {
  expect(JSON.parse(ledgerJson([entry]))).toEqual([entry]);
});
