import { type Check, fail, pass, unread } from '../check.ts';

/** Whether Azure is there and accepts the sign-in. What the signed-in principal may see is each check's own matter. */
export const signIn: Check = {
  name: 'sign-in',
  behind: [],
  judge({ cluster }) {
    if (cluster.kind === 'read') {
      return pass('Azure accepts the sign-in, and the cluster can be read.');
    }
    const { code, message, hint } = cluster.error;
    if (code === 'NotSignedIn') {
      return fail(`${message} Without it nothing in Azure can be read.`, hint);
    }
    if (code === 'ClusterNotFound' || code === 'Forbidden') {
      return pass('Azure accepts the sign-in.');
    }
    return unread(cluster.error);
  },
};
