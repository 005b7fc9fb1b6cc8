import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { clusterPrograms } from './cluster-programs.ts';

interface Rule {
  readonly alert: string;
  readonly annotations: Readonly<Record<'summary' | 'description', string>>;
}

/** As installed in standard mode, where all of them are. */
const groups: readonly { readonly rules: readonly Rule[] }[] = parseAllDocuments(
  readFileSync('test/deploy/golden/standard-monitored.yaml', 'utf8'),
)
  .map((document) => document.toJS())
  .find((object) => object?.kind === 'PrometheusRule').spec.groups;
const rules = groups.flatMap((group) => group.rules);

const agent = 'namespace="kube-system",pod="podid-nmi-x"';
const quiet = {
  [`podid_nmi_rules_intact{${agent}}`]: '1+0x120',
  [`podid_nmi_rules_put_back_total{${agent}}`]: '2+0x120',
  // On a node without a bridge the guard never stands.
  [`podid_nmi_address_guard_active{${agent}}`]: '0+0x120',
  [`podid_nmi_watch_age_seconds{${agent},resource="pods"}`]: '15+0x120',
  [`podid_nmi_refused_total{${agent},reason="no-binding"}`]: '100+0x120',
  // Probes of a scanner.
  [`podid_nmi_refused_total{${agent},reason="bad-path"}`]: '0+60x120',
  [`podid_nmi_token_renewals_total{${agent},outcome="renewed"}`]: '0+1x120',
  [`podid_nmi_token_renewals_total{${agent},outcome="failed"}`]: '3+0x120',
  [`podid_nmi_exchange_calls_total{${agent},outcome="token"}`]: '0+2x120',
  [`podid_nmi_exchange_calls_total{${agent},outcome="AADSTS700213"}`]: '0+0.1x120',
  [`podid_nmi_exchange_guard_stands{${agent}}`]: '1+0x120',
  [`podid_nmi_objects_left_out{${agent},resource="azureidentities",reason="namespace-full"}`]: '0+0x120',
  [`podid_nmi_faults_total{${agent}}`]: '1+0x120',
  'kube_daemonset_status_number_unavailable{namespace="kube-system",daemonset="podid-nmi"}': '0+0x120',
  'kube_daemonset_status_number_unavailable{namespace="web",daemonset="shop"}': '3+0x120',
  'podid_mic_leader{namespace="kube-system",pod="a"}': '1+0x120',
  'podid_mic_leader{namespace="kube-system",pod="b"}': '0+0x120',
  'podid_mic_oldest_created_seconds{namespace="kube-system",pod="a"}': '40+0x120',
  'podid_mic_machines_in_trouble{namespace="kube-system",pod="a"}': '0+0x120',
  'podid_mic_identities_refused{namespace="kube-system",pod="a"}': '0+0x120',
  'podid_mic_identities_put_back_total{namespace="kube-system",pod="a"}': '7+0x120',
};

/** What goes wrong after half an hour, by the alert that it raises. */
const troubles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PodidNodeWithoutAgent: {
    'kube_daemonset_status_number_unavailable{namespace="kube-system",daemonset="podid-nmi"}':
      '0+0x30 1+0x90',
  },
  PodidRulesNotIntact: { [`podid_nmi_rules_intact{${agent}}`]: '1+0x30 0+0x90' },
  PodidRulesTakenAway: { [`podid_nmi_rules_put_back_total{${agent}}`]: '2+0x30 3+1x90' },
  PodidAddressGuardOff: { [`podid_nmi_address_guard_active{${agent}}`]: '1+0x30 0+0x90' },
  PodidClusterViewOld: { [`podid_nmi_watch_age_seconds{${agent},resource="pods"}`]: '15+0x30 60+60x90' },
  PodidTokensRefused: { [`podid_nmi_refused_total{${agent},reason="no-binding"}`]: '100+0x30 100+5x90' },
  PodidIdentitySourceThrottles: { [`podid_nmi_refused_total{${agent},reason="token-429"}`]: '0+0x30 0+1x90' },
  PodidRenewalsFail: {
    [`podid_nmi_token_renewals_total{${agent},outcome="failed"}`]: '3+0x30 3+1x90',
  },
  PodidExchangeFails: {
    [`podid_nmi_exchange_calls_total{${agent},outcome="AADSTS700213"}`]: '0+0.1x30 3+9x90',
  },
  PodidExchangeGuardDown: { [`podid_nmi_exchange_guard_stands{${agent}}`]: '1+0x30 0+0x90' },
  PodidObjectsLeftOut: {
    [`podid_nmi_objects_left_out{${agent},resource="azureidentities",reason="namespace-full"}`]:
      '0+0x30 4+0x90',
  },
  PodidAgentFault: { [`podid_nmi_faults_total{${agent}}`]: '1+0x30 2+0x90' },
  PodidControllerWithoutLeader: { 'podid_mic_leader{namespace="kube-system",pod="a"}': '1+0x30 0+0x90' },
  PodidControllerTwoLeaders: { 'podid_mic_leader{namespace="kube-system",pod="b"}': '0+0x30 1+0x90' },
  PodidAssignmentWaits: {
    'podid_mic_oldest_created_seconds{namespace="kube-system",pod="a"}': '40+0x30 60+60x90',
  },
  PodidMachinesInTrouble: {
    'podid_mic_machines_in_trouble{namespace="kube-system",pod="a"}': '0+0x30 1+0x90',
  },
  PodidIdentitiesRefused: {
    'podid_mic_identities_refused{namespace="kube-system",pod="a"}': '0+0x30 1+0x90',
  },
  PodidIdentitiesTakenByOthers: {
    'podid_mic_identities_put_back_total{namespace="kube-system",pod="a"}': '7+0x30 8+1x90',
  },
};

describe('the alerts', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podid-alerts-'));
    writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const promtool = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(clusterPrograms().path('promtool'), args, {
      encoding: 'utf8',
      cwd: folder,
    });
    return { status, text: `${stdout}${stderr}` };
  };
  const firing = (atMinute: number, alerts: readonly string[]) => ({
    expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
    eval_time: `${atMinute}m`,
    exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
  });
  const evaluated = (series: Readonly<Record<string, string>>, promql_expr_test: readonly object[]) => {
    const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
    const tests = [{ interval: '1m', input_series, promql_expr_test }];
    const file = join(folder, 'test.json');
    writeFileSync(file, JSON.stringify({ rule_files: ['rules.json'], evaluation_interval: '1m', tests }));
    return promtool('test', 'rules', file);
  };

  it('are rules that Prometheus reads, each with what it means and what to do', () => {
    expect(promtool('check', 'rules', 'rules.json')).toMatchObject({ status: 0 });
    for (const { alert, annotations } of rules) {
      expect(alert).toMatch(/^Podid[A-Z]/);
      expect(annotations.summary.length).toBeLessThan(140);
      expect(annotations.description.length).toBeGreaterThan(40);
    }
  });

  it('are silent where all is well, for two hours', () => {
    const { status, text } = evaluated(quiet, [firing(30, []), firing(119, [])]);
    expect(text).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it('are all tried here', () => {
    expect(Object.keys(troubles).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  it.each(Object.entries(troubles))('%s is raised by its trouble, and by it alone', (alert, series) => {
    const { status, text } = evaluated({ ...quiet, ...series }, [firing(29, []), firing(90, [alert])]);
    expect(text).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  it('PodidControllerWithoutLeader is raised where no controller is there any more', () => {
    const agents = Object.entries(quiet).filter(([name]) => !name.startsWith('podid_mic'));
    const { text } = evaluated(Object.fromEntries(agents), [firing(30, ['PodidControllerWithoutLeader'])]);
    expect(text).toContain('SUCCESS');
  });
});
