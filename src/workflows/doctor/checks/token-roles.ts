import { counted } from '../../../domain/counted.ts';
import { exchangeRolesHome } from '../../../domain/exchange/exchange-roles.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, judging, listed, pass, skip, warn } from '../check.ts';

/** Whether an agent that is gone has left the rights that `podid exchange` gave it, which nothing confines any more. */
export const tokenRoles: Check = {
  name: 'token-roles',
  behind: [],
  judge: ({ leftRoles, subject }) =>
    leftRoles === undefined
      ? skip('Nobody looked for them.')
      : judging(leftRoles, (left) => {
          const [first] = left;
          if (first === undefined) {
            return pass(
              "No agent that is gone has left rights to make tokens of the pods' service accounts.",
            );
          }
          const home = exchangeRolesHome(first.of);
          const places = [...new Set(left.map(({ ref: { namespace = '' } }) => namespace))].sort();
          return warn(
            `An agent that is not there any more has left its rights to make tokens of the pods' service accounts (${counted(left.length, 'Role or RoleBinding', 'Roles and RoleBindings')} in ${listed(places)}): whoever can make a service account of its name in namespace ${home} has them, and no policy confines them.`,
            nextCommand('nmi uninstall', subject.cluster, { namespace: home }),
          );
        }),
};
