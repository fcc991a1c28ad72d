// Every maximum and deadline of the sidecar, each with its reason, by part in limits/. Nothing else in the sidecar invents one.

export { wireLimits } from './limits/wire.ts';
export { networkLimits } from './limits/network.ts';
export { indexLimits, catalogLimits } from './limits/index.ts';
export { watchLimits } from './limits/watch.ts';
export { searchLimits } from './limits/search.ts';
export { detailLimits } from './limits/details.ts';
export { linkLimits, transferLimits } from './limits/transfers.ts';
export { admissionLimits, lanLimits, meetingLimits, relayLimits } from './limits/meeting.ts';
export { localLimits } from './limits/local.ts';
export { contentLinkLimits } from './limits/contentLinks.ts';
export { previewLimits } from './limits/preview.ts';
export { compareLimits } from './limits/compare.ts';
export { sendingLimits } from './limits/sending.ts';
export { boardLimits } from './limits/board.ts';
