import { advice, command, type Hint, othersText } from '../../../errors/hint.ts';
import type { Candidate } from '../candidate.ts';
import { showWorkload, workloadText } from '../workload-commands.ts';

/** What is to be changed besides the workload itself, and does not hold it. */
export interface ApplicationNote {
  readonly message: string;
  readonly hint: Hint;
}

type Application = (candidate: Candidate) => ApplicationNote;

/** Applications that say in their own configuration how they get tokens, by their label `app.kubernetes.io/name`, or `app`. */
const applications: Readonly<Record<string, Application>> = {
  'cert-manager': certManager,
  'external-dns': externalDns,
};

/** Of an application that is known by its labels. Its configuration may be in order already: podid does not read it. */
export function applicationNotes(candidate: Candidate): readonly ApplicationNote[] {
  const { labels } = candidate.template;
  const name = [labels['app.kubernetes.io/name'], labels['app']].find(
    (each) => each !== undefined && Object.hasOwn(applications, each),
  );
  const application = name === undefined ? undefined : applications[name];
  return application === undefined ? [] : [application(candidate)];
}

function certManager({ workload, trusts }: Candidate): ApplicationNote {
  const clientId = trusts[0]?.clientId ?? 'CLIENT_ID';
  return {
    message: `${workloadText(workload)} is cert-manager, which takes Workload Identity from version 1.11 on, where azureDNS of its issuers names the identity.`,
    hint: advice`Before its pods get the label, set managedIdentity.clientID of azureDNS in each of them: ${command('kubectl get clusterissuers,issuers', '-A', '-o', 'yaml')}; the client id: ${othersText(clientId)}`,
  };
}

function externalDns({ workload }: Candidate): ApplicationNote {
  return {
    message: `${workloadText(workload)} is external-dns, which goes by azure.json in the Secret that it mounts.`,
    hint: advice`With the label, have azure.json say "useWorkloadIdentityExtension": true in place of "useManagedIdentityExtension"; which Secret it is: ${showWorkload(workload)}`,
  };
}
