/** @file The policy of the page, for the page to show. */
export { metaPolicy as policyInForce } from './policy.ts';
