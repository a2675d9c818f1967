/** @file How the service worker says that it cannot give a file of the app, in a way that a loader can explain. */

/** Header of an answer in place of a file. */
export const faultHeader = 'X-Glovebox-Fault';

/** `wrong-answer`: the site sent something else. `damaged`: the stored copy is damaged and the site out of reach. */
export type FileFault = 'wrong-answer' | 'damaged';
